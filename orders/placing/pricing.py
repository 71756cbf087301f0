"""What an order costs. Pure arithmetic on exact decimals; nothing here reads a clock, a setting or the database.

Prices are gross. A line's total is its unit price times its quantity, which is exact: the catalog keeps unit prices in
whole minor units. The tax of a line is the part that its total contains, `total · rate / (100 + rate)`, rounded once
per line, half away from zero, to the currency's minor unit. The order's tax is the sum of its lines' and of the
shipping's, so that what is printed adds up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext

from api.problems import Invalid
from catalog.money import rounded

MAX_AMOUNT = Decimal("9999999999.999")
"""Far above any order, below the columns' limit: what does not fit is refused, not cut."""

EXACT = Context(prec=60)
"""Products of the largest inputs have fewer than 40 digits: nothing is lost before the one rounding."""


@dataclass(frozen=True)
class Price:
    """An amount, gross, with the tax that it contains."""

    total: Decimal
    tax: Decimal


def price(unit_price: Decimal, quantity: int, tax_rate: Decimal, currency: str) -> Price:
    """The price of `quantity` units; `tax_rate` is in per cent. Raises Invalid for an amount that no order may have."""
    with localcontext(EXACT):
        total = unit_price * quantity
        if total > MAX_AMOUNT:
            raise _too_large()
        return Price(total, rounded(total * tax_rate / (100 + tax_rate), currency))


def sum_of(prices: Iterable[Price]) -> Price:
    """Raises Invalid for a sum that no order may have."""
    parts = list(prices)
    total = sum((part.total for part in parts), Decimal(0))
    if total > MAX_AMOUNT:
        raise _too_large()
    return Price(total, sum((part.tax for part in parts), Decimal(0)))


def _too_large() -> Invalid:
    return Invalid("items", "amount_too_large", f"An order's total is at most {MAX_AMOUNT}.")
