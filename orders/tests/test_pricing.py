"""Totals against exact fractions: whatever is ordered, the amounts are those that pencil and paper give."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import floor

from hypothesis import given
from hypothesis import strategies as st

from orders.placing.pricing import Price, price, sum_of

DIGITS = {"EUR": 2, "JPY": 0, "KWD": 3}


@st.composite
def purchases(draw: st.DrawFn) -> tuple[str, list[tuple[Decimal, int, Decimal]]]:
    """A currency, and lines of unit price (in its minor units), quantity and tax rate."""
    currency = draw(st.sampled_from(sorted(DIGITS)))
    line = st.tuples(
        st.integers(0, 10**6).map(lambda units: Decimal(units).scaleb(-DIGITS[currency])),
        st.integers(1, 1000),
        st.integers(0, 10_000).map(lambda rate: Decimal(rate).scaleb(-2)),
    )
    return currency, draw(st.lists(line, min_size=1, max_size=20))


def half_up(amount: Fraction, digits: int) -> Fraction:
    return Fraction(floor(amount * 10**digits + Fraction(1, 2)), 10**digits)


@given(purchases())
def test_lines_and_sums_are_exact(purchase: tuple[str, list[tuple[Decimal, int, Decimal]]]) -> None:
    currency, lines = purchase
    totals = [Fraction(unit) * quantity for unit, quantity, _ in lines]
    taxes = [
        half_up(total * Fraction(rate) / (100 + Fraction(rate)), DIGITS[currency])
        for total, (_, _, rate) in zip(totals, lines, strict=True)
    ]

    prices = [price(unit, quantity, rate, currency, includes_tax=True) for unit, quantity, rate in lines]

    assert [Fraction(line.total) for line in prices] == totals
    assert [Fraction(line.tax) for line in prices] == taxes
    whole = sum_of(prices)
    assert (Fraction(whole.total), Fraction(whole.tax)) == (sum(totals), sum(taxes))


def test_half_a_cent_of_tax_is_rounded_up() -> None:
    assert price(Decimal("0.15"), 1, Decimal("50"), "EUR", includes_tax=True) == Price(Decimal("0.15"), Decimal("0.05"))
    assert price(Decimal("0.01"), 1, Decimal("100"), "EUR", includes_tax=True) == Price(
        Decimal("0.01"), Decimal("0.01")
    )
    assert price(Decimal("1"), 1, Decimal("99.99"), "JPY", includes_tax=True) == Price(Decimal("1"), Decimal("0"))


def test_tax_is_added_to_net_prices() -> None:
    assert price(Decimal("0.10"), 5, Decimal("19"), "EUR", includes_tax=False) == Price(
        Decimal("0.60"), Decimal("0.10")
    )
    assert price(Decimal("0.10"), 1, Decimal("5"), "EUR", includes_tax=False) == Price(Decimal("0.11"), Decimal("0.01"))
    assert price(Decimal("10"), 1, Decimal("0"), "EUR", includes_tax=False) == Price(Decimal("10"), Decimal("0"))
