"""Order numbers: unique, of their length, and silent about how many there are where the shop wants them so."""

from __future__ import annotations

from itertools import pairwise

import pytest
from pytest_django.fixtures import Settings

from orders.placing.numbers import DOMAIN, number_of, scrambled

KEY = "a key that nobody knows"


def test_without_a_key_they_are_in_sequence() -> None:
    assert [number_of(n, 2026) for n in (1, 123, 999_999, 1_000_000)] == [
        "2026-000001",
        "2026-000123",
        "2026-999999",
        "2026-1000000",
    ]


def test_with_a_key_they_have_nine_digits_and_fit_their_column(settings: Settings) -> None:
    settings.ORDER_NUMBER_KEY = KEY

    numbers = [number_of(n, 2026) for n in range(1, 2001)]

    assert len(set(numbers)) == 2000
    assert {len(number) for number in numbers} == {len("2026-483920175")}
    assert all(number.startswith("2026-") and number[5:].isdecimal() for number in numbers)


def test_a_number_stays_the_same_under_its_key_and_is_another_under_another(settings: Settings) -> None:
    settings.ORDER_NUMBER_KEY = KEY
    # What was once given out must never be given to another order: a change here is a change of every number.
    assert [number_of(n, 2026) for n in (1, 2, 3)] == [
        "2026-393227224",
        "2026-108912109",
        "2026-572020678",
    ]

    settings.ORDER_NUMBER_KEY = KEY + "!"
    assert number_of(1, 2026) != "2026-393227224"


@pytest.mark.parametrize("domain", [1, 2, 3, 10, 1000, 1024, 1025, 4096])
def test_every_number_of_a_domain_is_taken_once(domain: int) -> None:
    taken = sorted(scrambled(value, domain, KEY.encode()) for value in range(domain))

    assert taken == list(range(domain))


def test_numbers_from_all_over_the_domain_never_meet() -> None:
    values = range(7, DOMAIN, 49_999)

    places = {scrambled(value, DOMAIN, KEY.encode()) for value in values}

    assert len(places) == len(values)
    assert all(0 <= place < DOMAIN for place in places)


def test_neighbours_are_scattered() -> None:
    """A thousand in a row fall into all hundredths of the domain, and rise as often as they fall."""
    places = [scrambled(value, DOMAIN, KEY.encode()) for value in range(1000, 2000)]

    assert {place * 100 // DOMAIN for place in places} == set(range(100))
    assert 400 < sum(a < b for a, b in pairwise(places)) < 600


def test_past_the_last_number_there_is_none(settings: Settings) -> None:
    settings.ORDER_NUMBER_KEY = KEY

    with pytest.raises(ValueError, match="beyond the numbers"):
        number_of(DOMAIN, 2026)
