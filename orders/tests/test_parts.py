"""What followed an order, as its JSON shows it: parcels, refunds, notes, and to whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Variant
from orders.models import Order
from orders.tests.conftest import MakeVariant, body_for, follow

ClientOf = Callable[[User], APIClient]


@pytest.fixture
def followed(customer: User, client_of: ClientOf, mug: Variant) -> Order:
    placed = client_of(customer).post("/orders", body_for(("MUG", 2))).json()
    order = Order.objects.get(id=placed["id"])
    follow(order)
    return order


def read(client: APIClient, order: Order) -> dict[str, Any]:
    answer = client.get(f"/orders/{order.id}")
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def test_a_new_order_has_nothing_that_followed(customer: User, client_of: ClientOf, mug: Variant) -> None:
    placed = client_of(customer).post("/orders", body_for(("MUG", 1))).json()

    assert [placed[part] for part in ("shipments", "refunds", "notes")] == [[], [], []]
    assert placed["shipping"]["tracking_url"] is None
    assert placed["prices_include_tax"] is True


def test_parcels_say_what_is_in_them_and_where_they_are(customer: User, client_of: ClientOf, followed: Order) -> None:
    order = read(client_of(customer), followed)

    (parcel,) = order["shipments"]
    at = parcel.pop("at")
    assert datetime.fromisoformat(at) >= datetime.fromisoformat(order["created_at"])
    assert parcel == {
        "id": str(followed.shipments.get().id),
        "carrier": "DHL",
        "tracking_number": "00340",
        "tracking_url": "https://example.com/00340",
        "items": [{"sku": "MUG", "quantity": 1}],
    }


def test_the_order_leads_to_its_latest_parcel(customer: User, client_of: ClientOf, followed: Order) -> None:
    assert read(client_of(customer), followed)["shipping"]["tracking_url"] == "https://example.com/00340"

    followed.shipments.create(carrier="Our van", tracking_number="2")

    order = read(client_of(customer), followed)
    assert order["shipping"]["tracking_url"] is None
    assert [parcel["tracking_url"] for parcel in order["shipments"]] == ["https://example.com/00340", None]


def test_refunds_say_what_came_back(customer: User, client_of: ClientOf, followed: Order) -> None:
    (refund,) = read(client_of(customer), followed)["refunds"]

    refund.pop("at")
    assert refund == {
        "id": str(followed.refunds.get().id),
        "amount": "2.00",
        "tax": "0.32",
        "reason": "chipped",
        "restocked": [{"sku": "MUG", "quantity": 1}],
    }


def test_buyers_read_the_notes_for_them_and_staff_read_all(
    customer: User, staff: User, client_of: ClientOf, followed: Order
) -> None:
    def notes(user: User) -> list[tuple[str, bool, str]]:
        shown = read(client_of(user), followed)["notes"]
        return [(note["text"], note["for_buyer"], note["by"]) for note in shown]

    assert notes(customer) == [("We wrapped it for you.", True, "staff")]
    assert notes(staff) == [
        ("Called twice.", False, "stella@example.com"),
        ("We wrapped it for you.", True, "stella@example.com"),
    ]


def test_what_the_shop_did_by_itself_is_told_to_buyers_too(
    customer: User, client_of: ClientOf, followed: Order
) -> None:
    followed.history.create(status=Order.Status.CANCELLED, by="system", reason="Not confirmed in time.")

    assert read(client_of(customer), followed)["history"][-1]["by"] == "system"


def test_a_page_costs_the_same_queries_whatever_its_size(
    staff: User, client_of: ClientOf, make_variant: MakeVariant, django_assert_num_queries: Any
) -> None:
    make_variant("MUG", stock=100)
    make_variant("CUP", stock=100)
    client = client_of(staff)
    for _ in range(50):
        client.post("/orders", body_for(("MUG", 1), ("CUP", 1)))
    for order in Order.objects.all():
        follow(order)

    for limit in (1, 50):
        # The caller, the orders, lines, history, parcels and what is in them, refunds and what came back, notes.
        with django_assert_num_queries(9):
            answer = client.get(f"/orders?limit={limit}").json()
        assert len(answer["results"]) == limit
        assert all(order["shipments"] and order["refunds"] and order["notes"] for order in answer["results"])


def test_a_change_costs_the_same_queries_however_much_there_was_before(
    staff: User, client_of: ClientOf, followed: Order
) -> None:
    client = client_of(staff)

    def queries_of_a_note() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.post(f"/orders/{followed.id}/notes", {"text": "Called again."}).status_code == 200
        return len(queries)

    with_one_of_each = queries_of_a_note()
    for _ in range(5):
        follow(followed)

    assert queries_of_a_note() == with_one_of_each
