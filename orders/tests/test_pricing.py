"""Totals against exact fractions: whatever is ordered, the amounts are those that pencil and paper give."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.problems import Invalid
from orders.placing.pricing import MAX_AMOUNT, Price, price, sum_of
from orders.tests import reference
from orders.tests.reference import DIGITS

many = settings(max_examples=1000, deadline=None)
fewer = settings(max_examples=500, deadline=None)  # of one line each; 4,000 baskets in all


@dataclass(frozen=True)
class Line:
    unit_price: Decimal
    quantity: int
    rate: Decimal


@dataclass(frozen=True)
class Basket:
    currency: str
    gross: bool
    lines: tuple[Line, ...]

    def prices(self) -> list[Price]:
        return [
            price(line.unit_price, line.quantity, line.rate, self.currency, includes_tax=self.gross)
            for line in self.lines
        ]

    @property
    def minor_unit(self) -> Fraction:
        return Fraction(1, 10 ** DIGITS[self.currency])


RATES = st.sampled_from(["0", "2.1", "5", "5.5", "7", "9.5", "13.5", "19", "20", "25.5", "27"]).map(
    Decimal
) | st.integers(0, 10_000).map(lambda hundredths: Decimal(hundredths).scaleb(-2))


@st.composite
def baskets(draw: st.DrawFn, max_lines: int = 8) -> Basket:
    """Unit prices are in whole minor units, as the catalog keeps them; small ones are where rounding shows most."""
    currency = draw(st.sampled_from(sorted(DIGITS)))
    minor_units = st.integers(0, 500) | st.integers(0, 10**6)
    line = st.builds(
        Line,
        minor_units.map(lambda units: Decimal(units).scaleb(-DIGITS[currency])),
        st.integers(1, 12) | st.integers(1, 500),
        RATES,
    )
    lines = draw(st.lists(line, min_size=1, max_size=max_lines))
    return Basket(currency, draw(st.booleans()), tuple(lines))


@many
@given(baskets())
def test_each_line_and_the_whole_cost_what_fractions_say(basket: Basket) -> None:
    costs, whole = reference.whole(
        ((Fraction(line.unit_price), line.quantity, Fraction(line.rate)) for line in basket.lines),
        basket.currency,
        gross=basket.gross,
    )

    prices = basket.prices()

    assert [(Fraction(part.total), Fraction(part.tax)) for part in prices] == costs
    together = sum_of(prices)
    assert (Fraction(together.total), Fraction(together.tax)) == whole


@many
@given(baskets())
def test_tax_is_off_by_half_a_minor_unit_at_most_and_is_whole(basket: Basket) -> None:
    for line, part in zip(basket.lines, basket.prices(), strict=True):
        amount = Fraction(line.unit_price) * line.quantity
        exact = reference.exact_tax(amount, Fraction(line.rate), gross=basket.gross)
        assert abs(Fraction(part.tax) - exact) <= basket.minor_unit / 2
        assert 0 <= part.tax <= part.total
        for sum_of_money in (part.tax, part.total):
            assert type(sum_of_money) is Decimal
            assert (Fraction(sum_of_money) / basket.minor_unit).denominator == 1


@many
@given(baskets(), st.randoms(use_true_random=False))
def test_the_order_of_the_lines_does_not_matter(basket: Basket, random: Random) -> None:
    shuffled = list(basket.lines)
    random.shuffle(shuffled)

    assert sum_of(replace(basket, lines=tuple(shuffled)).prices()) == sum_of(basket.prices())


@fewer
@given(baskets(max_lines=1), st.integers(2, 9))  # 9 × 500 × a million yen and as much tax: within MAX_AMOUNT
def test_more_units_cost_as_much_more_as_rounding_allows(basket: Basket, times: int) -> None:
    (line,) = basket.lines
    (one,) = basket.prices()
    (repeated,) = replace(basket, lines=(replace(line, quantity=line.quantity * times),)).prices()
    (as_one_unit,) = replace(basket, lines=(Line(line.unit_price * line.quantity, 1, line.rate),)).prices()

    assert as_one_unit == one, "only the amount counts, and not how many units it is made of"
    assert repeated.tax >= one.tax
    assert abs(Fraction(repeated.tax) - times * Fraction(one.tax)) <= basket.minor_unit * (times + 1) / 2
    net = [part.total - part.tax for part in (repeated, one)]
    if basket.gross:
        assert repeated.total == one.total * times
    else:
        assert net[0] == net[1] * times


@fewer
@given(baskets(max_lines=1))
def test_a_total_made_of_a_net_price_contains_the_tax_that_was_added(basket: Basket) -> None:
    (line,) = basket.lines
    (added,) = replace(basket, gross=False).prices()

    assert price(added.total, 1, line.rate, basket.currency, includes_tax=True) == added


def test_half_a_cent_of_tax_is_rounded_up() -> None:
    assert price(Decimal("0.15"), 1, Decimal("50"), "EUR", includes_tax=True) == Price(Decimal("0.15"), Decimal("0.05"))
    assert price(Decimal("0.01"), 1, Decimal("100"), "EUR", includes_tax=True) == Price(
        Decimal("0.01"), Decimal("0.01")
    )
    assert price(Decimal("1"), 1, Decimal("99.99"), "JPY", includes_tax=True) == Price(Decimal("1"), Decimal("0"))
    assert price(Decimal("0.10"), 1, Decimal("5"), "EUR", includes_tax=False) == Price(Decimal("0.11"), Decimal("0.01"))


def test_tax_is_added_to_net_prices_once_per_line() -> None:
    assert price(Decimal("0.10"), 5, Decimal("19"), "EUR", includes_tax=False) == Price(
        Decimal("0.60"), Decimal("0.10")
    )
    assert price(Decimal("10"), 1, Decimal("0"), "EUR", includes_tax=False) == Price(Decimal("10"), Decimal("0"))


@pytest.mark.parametrize("includes_tax", [True, False])
def test_an_amount_that_no_column_holds_is_refused(includes_tax: bool) -> None:
    largest = price(MAX_AMOUNT, 1, Decimal(0), "KWD", includes_tax=includes_tax)

    assert largest.total == MAX_AMOUNT
    with pytest.raises(Invalid):
        sum_of([largest, Price(Decimal("0.001"), Decimal(0))])
    with pytest.raises(Invalid):
        price(MAX_AMOUNT, 2, Decimal(0), "KWD", includes_tax=includes_tax)


def test_tax_can_make_a_net_amount_too_large() -> None:
    with pytest.raises(Invalid):
        price(MAX_AMOUNT, 1, Decimal(1), "KWD", includes_tax=False)
