"""What an order costs. Pure arithmetic on exact decimals; nothing here reads a clock, a setting or the database.

A line's price is its unit price times its quantity, which is exact: the catalog keeps unit prices in whole minor units.
What is rounded is the tax alone, once per line, half away from zero, to the currency's minor unit:

- where prices include tax (gross), the price is the total, and the tax is the part in it, price · rate / (100 + rate);
- where they do not (net), the tax is price · rate / 100, and the total is the price and the tax.

Shipping is one more line. An order's total and tax are the sums of its lines' and of the shipping's, so that what is
printed adds up: a tax worked out anew from a sum could differ by some minor units. Totals are gross in any case.
See `docs/money.md`.
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


def price(unit_price: Decimal, quantity: int, tax_rate: Decimal, currency: str, *, includes_tax: bool) -> Price:
    """The price of `quantity` units; `tax_rate` is in per cent, and `includes_tax` says what the unit price is.

    Raises Invalid for an amount that no order may have.
    """
    with localcontext(EXACT):
        amount = unit_price * quantity
        tax = rounded(amount * tax_rate / (100 + tax_rate if includes_tax else 100), currency)
        total = amount if includes_tax else amount + tax
    if total > MAX_AMOUNT:
        raise _too_large()
    return Price(total, tax)


def sum_of(prices: Iterable[Price]) -> Price:
    """Raises Invalid for a sum that no order may have."""
    parts = list(prices)
    total = sum((part.total for part in parts), Decimal(0))
    if total > MAX_AMOUNT:
        raise _too_large()
    return Price(total, sum((part.tax for part in parts), Decimal(0)))


def _too_large() -> Invalid:
    return Invalid("items", "amount_too_large", f"An order's total is at most {MAX_AMOUNT}.")
