from __future__ import annotations

import uuid

import pytest
from pytest_django import DjangoAssertNumQueries

from events.log import events_after, head
from events.models import Event

pytestmark = pytest.mark.django_db
CARLA = uuid.uuid4()


@pytest.fixture(autouse=True)
def ten_events() -> None:
    """Positions 1 to 10; the even ones are Carla's, those above 5 are ThingPainted. One more waits for its position."""
    for position in [*range(1, 11), None]:
        Event.objects.create(
            type="ThingMade" if (position or 0) <= 5 else "ThingPainted",
            subject="thing/x",
            data={},
            position=position,
            customer_id=CARLA if position and position % 2 == 0 else None,
        )


def positions(*args: int, **options: object) -> list[int | None]:
    return [event.position for event in events_after(*args, **options)]  # type: ignore[arg-type]


def test_it_gives_what_follows_a_position_in_order_and_no_more_than_asked() -> None:
    assert positions(3, limit=4) == [4, 5, 6, 7]
    assert positions(8, limit=100) == [9, 10]
    assert positions(10, limit=100) == []


def test_it_narrows_to_a_customer_and_to_types() -> None:
    assert positions(0, limit=100, customer_id=CARLA) == [2, 4, 6, 8, 10]
    assert positions(0, limit=100, types=["ThingPainted"]) == [6, 7, 8, 9, 10]
    assert positions(0, limit=100, types=["ThingPainted"], customer_id=CARLA) == [6, 8, 10]


def test_a_page_is_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        positions(0, limit=100, customer_id=CARLA)


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_it_refuses_a_page_without_bounds(limit: int) -> None:
    with pytest.raises(ValueError, match="limit"):
        events_after(0, limit=limit)


def test_an_empty_log_begins_at_zero() -> None:
    assert head() == 0
