"""Which rate of tax a line has: that of the country to which it is delivered. See `docs/money.md`."""

from __future__ import annotations

from orders.models import TaxRate

TABLE = TaxRate._meta.db_table


def rate_for(home_rate: str) -> str:
    """SQL of the rate for delivery, from the SQL of a product's or a shipping method's own rate.

    A scalar expression, for the statement that reads what the rate is of; `home_rate` names its table, which may not be
    called `here` or `there`. The parameters are `%(home)s`, the shop's country, and `%(country)s`, that of delivery.
    The rate is

    - at home, the own one;
    - elsewhere, that country's of the kind that the own rate has at home, or its standard one where it has none of it;
    - the own one, too, where the table does not know the country, or no such rate at home.
    """
    return f"""CASE WHEN %(country)s::text = %(home)s::text THEN {home_rate} ELSE COALESCE((
        SELECT there.rate
        FROM {TABLE} here JOIN {TABLE} there ON there.kind IN (here.kind, '{TaxRate.Kind.STANDARD}')
        WHERE here.country = %(home)s::text AND here.rate = {home_rate} AND there.country = %(country)s::text
        ORDER BY there.kind = here.kind DESC
        LIMIT 1
    ), {home_rate}) END"""  # noqa: S608  (all of it is this module's own)
