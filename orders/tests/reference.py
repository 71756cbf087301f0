"""What an order costs, worked out plainly in fractions. Nothing here is the shop's own, nor are its mistakes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import floor

DIGITS = {"EUR": 2, "JPY": 0, "KWD": 3}
"""Currency → digits after the point, one currency of each sort."""

Rates = Mapping[str, Mapping[str, Fraction]]
"""Country → kind → per cent."""


def half_up(amount: Fraction, currency: str) -> Fraction:
    """`amount`, which is not negative, to the currency's minor unit."""
    scale = 10 ** DIGITS[currency]
    return Fraction(floor(amount * scale + Fraction(1, 2)), scale)


def exact_tax(amount: Fraction, rate: Fraction, *, gross: bool) -> Fraction:
    return amount - amount / (1 + rate / 100) if gross else amount * (rate / 100)


def cost(amount: Fraction, rate: Fraction, currency: str, *, gross: bool) -> tuple[Fraction, Fraction]:
    """Total and tax of a line whose units cost `amount` together."""
    tax = half_up(exact_tax(amount, rate, gross=gross), currency)
    return (amount if gross else amount + tax), tax


def whole(
    lines: Iterable[tuple[Fraction, int, Fraction]], currency: str, *, gross: bool
) -> tuple[list[tuple[Fraction, Fraction]], tuple[Fraction, Fraction]]:
    """Of (unit price, quantity, rate) each line's total and tax, and those of all."""
    costs = [cost(unit * quantity, rate, currency, gross=gross) for unit, quantity, rate in lines]
    return costs, (sum((total for total, _ in costs), Fraction(0)), sum((tax for _, tax in costs), Fraction(0)))


def rate_in(country: str, own: Fraction, home: str, rates: Rates) -> Fraction:
    """The rate for delivery to `country` of what has the rate `own` in the shop's country."""
    if country == home or country not in rates:
        return own
    kinds: Sequence[str] = [kind for kind, rate in rates.get(home, {}).items() if rate == own]
    if not kinds:
        return own
    there = rates[country]
    return there.get(kinds[0], there.get("standard", own))
