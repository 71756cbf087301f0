"""What an order depends on besides its products: the way of shipping, the taxes of where it goes, the buyer's account.

The account is locked at once, FOR KEY SHARE, which its deletion alone waits for. The order's foreign key, which is
deferred, would take that lock at the commit, when the deletion may long have found no order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings

from accounts.models import User
from api.postgresql.statements import rows_of
from api.problems import Invalid
from orders.models import ShippingMethod, TaxRate
from orders.placing.taxes import rate_for

TERMS = f"""
SELECT nextval('orders_number'), m.code, m.price, m.free_from, {rate_for("m.tax_rate")},
    ARRAY(SELECT home.rate FROM {TaxRate._meta.db_table} home WHERE home.country = %(home)s::text ORDER BY home.id),
    ARRAY(SELECT {rate_for("home.rate")} FROM {TaxRate._meta.db_table} home
          WHERE home.country = %(home)s::text ORDER BY home.id),
    (SELECT buyer.is_active FROM {User._meta.db_table} buyer
     WHERE buyer.id = %(buyer)s::uuid AND buyer.deleted_at IS NULL FOR KEY SHARE)
FROM {ShippingMethod._meta.db_table} m WHERE m.code = %(method)s
"""  # noqa: S608  (all of it is made of constants)


@dataclass(frozen=True)
class Terms:
    """`sequence` is the next number of an order; `method` has the tax rate of the country of delivery.

    `let_in` says whether the buyer's account is; None where there is none, or none any more. It is not deleted before
    the transaction ends.
    """

    sequence: int
    method: ShippingMethod
    rates: Mapping[Decimal, Decimal]
    let_in: bool | None

    def rate_of(self, home_rate: Decimal) -> Decimal:
        """The tax rate, in per cent, of a product whose own rate this is."""
        return self.rates.get(home_rate, home_rate)


def terms_for(shipping_method: str, country: str, buyer: User | None) -> Terms:
    """In one query. Raises Invalid for a way of shipping that there is not.

    Numbers come from a sequence, which never waits and is not given back by a rollback: they are unique and grow, but
    have gaps, as order numbers may (an invoice's may not). They do not begin anew with a year.
    """
    about = {"method": shipping_method, "country": country, "home": settings.SHOP_COUNTRY}
    rows = rows_of(TERMS, about | {"buyer": buyer.pk if buyer else None})
    if not rows:
        raise Invalid("shipping.method", "unknown_shipping_method", "There is no such way of shipping.")
    sequence, code, price, free_from, tax_rate, own, there, let_in = rows[0]
    method = ShippingMethod(code=code, price=price, free_from=free_from, tax_rate=tax_rate)
    return Terms(sequence, method, dict(zip(own, there, strict=True)), let_in)
