"""Amounts as the API writes them."""

from decimal import Decimal

import pytest

from catalog.money import fits, is_currency, money, rounded


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        ("12.9", "EUR", "12.90"),
        ("12.900", "EUR", "12.90"),
        ("1290.000", "JPY", "1290"),
        ("12.9", "KWD", "12.900"),
        ("0", "EUR", "0.00"),
        ("-0.00", "EUR", "0.00"),
        ("-5", "EUR", "-5.00"),
        ("1E+3", "EUR", "1000.00"),
    ],
)
def test_it_writes_as_many_digits_as_the_currency_has(amount: str, currency: str, written: str) -> None:
    assert money(Decimal(amount), currency) == written


def test_it_refuses_to_lose_a_part_of_an_amount() -> None:
    with pytest.raises(ValueError, match="whole minor units"):
        money(Decimal("12.905"), "EUR")


@pytest.mark.parametrize(
    ("amount", "currency", "expected"), [("0.005", "EUR", "0.01"), ("2.675", "EUR", "2.68"), ("0.5", "JPY", "1")]
)
def test_it_rounds_a_half_away_from_zero(amount: str, currency: str, expected: str) -> None:
    assert rounded(Decimal(amount), currency) == Decimal(expected)
    assert rounded(-Decimal(amount), currency) == -Decimal(expected)


def test_it_knows_which_amounts_a_currency_can_hold() -> None:
    assert fits(Decimal("12.900"), "EUR")
    assert not fits(Decimal("12.901"), "EUR")
    assert not fits(Decimal("12.5"), "JPY")
    assert fits(Decimal("12.905"), "KWD")


@pytest.mark.parametrize("code", ["eur", "ZZZ", "XAU", "", "EURO", "CLF"])
def test_it_knows_what_is_no_currency(code: str) -> None:
    assert not is_currency(code)
