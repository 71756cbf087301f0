"""`GET /orders/{id}/events` and `GET /orders/events`: what happened, newest first, to those who may know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.models import User
from api.tests.walking import there_and_back
from catalog.models import Variant
from events.log import CHANNEL
from events.models import Event, LogHead
from events.relay import GIVE_POSITIONS
from orders.tests.conftest import body_for

ClientOf = Callable[[User], APIClient]


def place(client: APIClient, **changes: Any) -> str:
    answer = client.post("/orders", body_for(("MUG", 1), **changes))
    assert answer.status_code == 201, answer.content
    return str(answer.json()["id"])


def give_positions() -> None:
    """As the relay does for what is recorded so far."""
    with connection.cursor() as cursor:
        cursor.execute(GIVE_POSITIONS, {"channel": CHANNEL})


def told(client: APIClient, path: str, **query: str) -> list[tuple[str, str]]:
    """Type and order of each event of a page."""
    answer = client.get(path, query)
    assert answer.status_code == 200, answer.content
    return [(event["type"], event["subject"].removeprefix("order/")) for event in answer.json()["results"]]


def test_an_order_tells_what_happened_to_it_newest_first(
    customer: User, staff: User, client_of: ClientOf, mug: Variant
) -> None:
    order, other = place(client_of(customer)), place(client_of(customer))
    client_of(staff).post(f"/orders/{order}/confirm")
    give_positions()
    client_of(staff).post(f"/orders/{order}/cancel", {"reason": "broken"})

    for user in (customer, staff):
        assert told(client_of(user), f"/orders/{order}/events") == [
            ("OrderCancelled", order),
            ("OrderConfirmed", order),
            ("OrderCreated", order),
        ]
        assert told(client_of(user), f"/orders/{other}/events") == [("OrderCreated", other)]


def test_an_event_is_told_as_the_live_feed_tells_it(customer: User, client_of: ClientOf, mug: Variant) -> None:
    order = place(client_of(customer))

    (event,) = client_of(customer).get(f"/orders/{order}/events").json()["results"]
    give_positions()
    (later,) = client_of(customer).get(f"/orders/{order}/events").json()["results"]

    row = Event.objects.get(type="OrderCreated")
    assert event == {
        "id": str(row.id),
        "cursor": None,  # the relay has not seen it yet
        "type": "OrderCreated",
        "time": row.time.isoformat().replace("+00:00", "Z"),
        "subject": f"order/{order}",
        "data": row.data,
    }
    assert later == event | {"cursor": str(row.position)}


def test_a_foreign_order_and_none_are_404(
    customer: User, other_customer: User, client_of: ClientOf, mug: Variant
) -> None:
    order = place(client_of(customer))

    for path in (f"/orders/{order}/events", "/orders/0190c1de-0000-7000-8000-000000000000/events"):
        answer = client_of(other_customer).get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "order_not_found")


@pytest.mark.parametrize("path", ["/orders/events", "/orders/0190c1de-0000-7000-8000-000000000000/events"])
def test_nobody_signed_in_is_401(guest: APIClient, db: None, path: str) -> None:
    assert guest.get(path).status_code == 401


def test_customers_read_of_their_own_orders_and_staff_of_all(
    customer: User, staff: User, client_of: ClientOf, guest: APIClient, mug: Variant
) -> None:
    hers, his, theirs = place(client_of(customer)), place(client_of(staff)), place(guest, email="g@example.com")
    give_positions()
    client_of(staff).post(f"/orders/{hers}/confirm")

    assert told(client_of(customer), "/orders/events") == [("OrderConfirmed", hers), ("OrderCreated", hers)]
    assert told(client_of(staff), "/orders/events") == [
        ("OrderConfirmed", hers),
        ("OrderCreated", theirs),
        ("OrderCreated", his),
        ("OrderCreated", hers),
    ]


def test_a_type_and_an_address_narrow_it(
    customer: User, staff: User, client_of: ClientOf, guest: APIClient, mug: Variant
) -> None:
    hers, theirs = place(client_of(customer)), place(guest, email="g@example.com")
    give_positions()
    client = client_of(staff)
    client.post(f"/orders/{theirs}/confirm")

    assert told(client, "/orders/events", event_type="OrderConfirmed") == [("OrderConfirmed", theirs)]
    assert told(client, "/orders/events", email="G@example.com") == [
        ("OrderConfirmed", theirs),
        ("OrderCreated", theirs),
    ]
    assert told(client, "/orders/events", email="carla@example.com") == [("OrderCreated", hers)]
    assert told(client, "/orders/events", email="g@example.com", event_type="OrderCreated") == [
        ("OrderCreated", theirs)
    ]
    assert told(client, "/orders/events", email="nobody@example.com") == []
    assert told(client_of(customer), "/orders/events", event_type="OrderCreated") == [("OrderCreated", hers)]
    assert told(client_of(customer), "/orders/events", event_type="OrderConfirmed") == []


def test_only_staff_read_of_refused_orders(customer: User, staff: User, client_of: ClientOf, mug: Variant) -> None:
    client_of(customer).post("/orders", body_for(("NO-SUCH", 1)), headers={"X-Request-ID": "request-4711"})

    refused = [("OrderRejected", "request/request-4711")]
    assert told(client_of(staff), "/orders/events") == refused
    assert told(client_of(staff), "/orders/events", event_type="OrderRejected") == refused
    assert told(client_of(customer), "/orders/events", event_type="OrderRejected") == []


def test_what_is_no_event_of_an_order_stays_out(staff: User, client_of: ClientOf, mug: Variant) -> None:
    client_of(staff).post("/variants/MUG/stock", {"delta": 1, "reason": "received"})
    assert Event.objects.filter(type="StockChanged").exists()

    assert told(client_of(staff), "/orders/events") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("event_type=StockChanged", "event_type"),
        ("event_type=", "event_type"),
        ("email=nobody", "email"),
        ("limit=0", "limit"),
        ("cursor=AAAA", "cursor"),
        ("cursor=W1siZW5kIiwicG9zaXRpb24iLCJpZCJdLGZhbHNlLFswLDAsMF1d", "cursor"),  # an id that is none
        ("cursor=W1siZW5kIiwicG9zaXRpb24iLCJpZCJdLGZhbHNlLFsxZTMwLDAsIngiXV0", "cursor"),
        ("types=OrderCreated", "types"),
    ],
)
def test_a_wrong_query_is_400(staff: User, client_of: ClientOf, query: str, field: str) -> None:
    answer = client_of(staff).get(f"/orders/events?{query}")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field


def test_customers_cannot_ask_by_address(customer: User, client_of: ClientOf) -> None:
    answer = client_of(customer).get("/orders/events", {"email": "oscar@example.com"})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "email")


@pytest.mark.parametrize("positioned", [0, 3, 7], ids=["none", "some", "all"])
def test_pages_hold_every_event_once_forth_and_back_while_the_relay_works(
    staff: User, client_of: ClientOf, mug: Variant, positioned: int
) -> None:
    client = client_of(staff)
    placed = []
    for number in range(7):
        if number == positioned:
            give_positions()
        placed.append(place(client))

    def turn(address: str) -> Any:
        answer = client.get(address)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def subjects(page: Any) -> list[str]:
        return [event["subject"].removeprefix("order/") for event in page["results"]]

    pages = [turn("/orders/events?limit=3")]
    give_positions()
    late = place(client)
    while pages[-1]["next"]:
        pages.append(turn(pages[-1]["next"]))

    assert [subjects(page) for page in pages] == [placed[:3:-1], placed[3:0:-1], placed[:1]]
    back = turn(pages[-1]["previous"])
    assert subjects(back) == placed[3:0:-1]
    back = turn(back["previous"])
    assert subjects(back) == placed[:3:-1]
    assert subjects(turn(back["previous"])) == [late]


@pytest.mark.made_up_events
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), limit=st.integers(1, 4))
def test_a_walk_meets_every_event_once_whenever_the_relay_comes_by(
    staff: User, client_of: ClientOf, data: st.DataObject, limit: int
) -> None:
    """In the order of the log as far as it goes at the first page; of two that it does not have yet, the id decides."""
    kinds = st.sampled_from(["OrderCreated", "OrderConfirmed", "OrderRejected", "StockChanged"])
    drawn = st.lists(st.tuples(st.uuids(), kinds), max_size=6, unique_by=lambda event: event[0])
    seen, unseen = data.draw(drawn), data.draw(drawn)

    def relay_comes_by() -> None:
        if data.draw(st.booleans()):
            give_positions()

    with transaction.atomic():
        LogHead.objects.create(position=len(seen))
        Event.objects.bulk_create(
            Event(id=id, type=kind, subject="order/1", data={}, position=place)
            for place, (id, kind) in [*enumerate(seen, 1), *((None, event) for event in unseen)]
        )
        pages = there_and_back(client_of(staff), f"/orders/events?limit={limit}", relay_comes_by)
        transaction.set_rollback(True)

    expected = [*sorted(unseen, reverse=True), *reversed(seen)]
    assert [id for page in pages for id in page] == [str(id) for id, kind in expected if kind != "StockChanged"]
    assert all(len(page) == limit for page in pages[:-1])


def test_a_page_costs_the_same_queries_whatever_its_size(
    staff: User, client_of: ClientOf, mug: Variant, django_assert_num_queries: Any
) -> None:
    client = client_of(staff)
    for _ in range(3):
        place(client)
    give_positions()
    for _ in range(3):
        place(client)

    for limit in (4, 6):
        # The caller, the end of the log, and on both sides of it which events, and these.
        with django_assert_num_queries(6):
            assert len(told(client, "/orders/events", limit=str(limit))) == limit
