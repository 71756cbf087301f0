"""`/confirm` and `/cancel`: who may, from which status, and that it happens once."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import StockMovement, Variant
from events.models import Event
from orders.models import Order
from orders.tests.conftest import at_once, body_for

ClientOf = Callable[[User], APIClient]


@pytest.fixture
def order(customer: User, client_of: ClientOf, mug: Variant) -> dict[str, Any]:
    """Carla's pending order for 3 of 10 mugs, with its ETag as `etag`."""
    answer = client_of(customer).post("/orders", body_for(("MUG", 3)))
    return {**answer.json(), "etag": answer["ETag"]}


def stock() -> int:
    return Variant.objects.get(sku="MUG").stock


def test_staff_confirm_a_pending_order(order: dict[str, Any], staff: User, client_of: ClientOf) -> None:
    answer = client_of(staff).post(f"/orders/{order['id']}/confirm")

    confirmed = answer.json()
    assert answer.status_code == 200
    assert confirmed["status"] == "confirmed"
    assert confirmed["updated_at"] > order["updated_at"]
    assert [(row["status"], row["by"]) for row in confirmed["history"]] == [
        ("pending", "carla@example.com"),
        ("confirmed", "stella@example.com"),
    ]
    assert client_of(staff).get(f"/orders/{order['id']}")["ETag"] == answer["ETag"] != order["etag"]
    event = Event.objects.get(type="OrderConfirmed")
    assert event.data["order_id"] == order["id"]
    assert event.data["status"] == "confirmed"


def test_customers_cannot_confirm(order: dict[str, Any], customer: User, client_of: ClientOf) -> None:
    answer = client_of(customer).post(f"/orders/{order['id']}/confirm")

    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert Order.objects.get().status == "pending"


def test_buyers_cancel_while_it_is_pending(order: dict[str, Any], customer: User, client_of: ClientOf) -> None:
    answer = client_of(customer).post(f"/orders/{order['id']}/cancel", {"reason": "Too many mugs"})

    assert answer.status_code == 200
    assert answer.json()["status"] == "cancelled"
    assert answer.json()["history"][1]["reason"] == "Too many mugs"
    assert stock() == 10
    assert list(StockMovement.objects.filter(order_id=order["id"]).values_list("delta", flat=True)) == [3, -3]
    assert Event.objects.get(type="OrderCancelled").data["reason"] == "Too many mugs"


def test_a_confirmed_order_is_cancelled_by_staff_alone(
    order: dict[str, Any], customer: User, staff: User, client_of: ClientOf
) -> None:
    client_of(staff).post(f"/orders/{order['id']}/confirm")

    by_buyer = client_of(customer).post(f"/orders/{order['id']}/cancel")
    assert (by_buyer.status_code, by_buyer.json()["code"]) == (409, "order_transition_not_allowed")
    assert stock() == 7

    assert client_of(staff).post(f"/orders/{order['id']}/cancel").status_code == 200
    assert stock() == 10


@pytest.mark.parametrize(("first", "second"), [("confirm", "confirm"), ("cancel", "cancel"), ("cancel", "confirm")])
def test_what_does_not_follow_is_409(
    order: dict[str, Any], staff: User, client_of: ClientOf, first: str, second: str
) -> None:
    client = client_of(staff)
    client.post(f"/orders/{order['id']}/{first}")
    events, left = Event.objects.count(), stock()

    answer = client.post(f"/orders/{order['id']}/{second}")

    assert (answer.status_code, answer.json()["code"]) == (409, "order_transition_not_allowed")
    assert (Event.objects.count(), stock()) == (events, left)


@pytest.mark.parametrize("action", ["confirm", "cancel"])
def test_an_overtaken_change_is_412(
    order: dict[str, Any], customer: User, staff: User, client_of: ClientOf, action: str
) -> None:
    client = client_of(staff)
    seen = client.get(f"/orders/{order['id']}")["ETag"]
    other = client.post(f"/orders/{order['id']}/{action}", headers={"If-Match": '"another"'})
    assert (other.status_code, other.json()["code"]) == (412, "precondition_failed")
    assert Order.objects.get().status == "pending"

    assert client.post(f"/orders/{order['id']}/{action}", headers={"If-Match": seen}).status_code == 200
    assert client.post(f"/orders/{order['id']}/cancel", headers={"If-Match": seen}).status_code == 412


def test_cancelling_twice_with_one_key_is_one_cancel(
    order: dict[str, Any], customer: User, client_of: ClientOf
) -> None:
    client, key = client_of(customer), {"Idempotency-Key": "cancel-1"}
    first = client.post(f"/orders/{order['id']}/cancel", {"reason": "no"}, headers=key)
    again = client.post(f"/orders/{order['id']}/cancel", {"reason": "no"}, headers=key)

    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"
    assert again["ETag"] == first["ETag"]
    assert stock() == 10


@pytest.mark.parametrize("action", ["confirm", "cancel"])
def test_unknown_fields_are_refused(order: dict[str, Any], staff: User, client_of: ClientOf, action: str) -> None:
    answer = client_of(staff).post(f"/orders/{order['id']}/{action}", {"why": "x"})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "why"


@pytest.mark.parametrize("action", ["confirm", "cancel"])
def test_an_order_that_is_not_there_is_404(staff: User, client_of: ClientOf, action: str) -> None:
    answer = client_of(staff).post(f"/orders/{uuid.uuid4()}/{action}")

    assert (answer.status_code, answer.json()["code"]) == (404, "order_not_found")


def test_a_foreign_order_is_404(order: dict[str, Any], other_customer: User, client_of: ClientOf) -> None:
    answer = client_of(other_customer).post(f"/orders/{order['id']}/cancel")

    assert (answer.status_code, answer.json()["code"]) == (404, "order_not_found")
    assert Order.objects.get().status == "pending"


def test_a_tracking_token_cannot_act(guest: APIClient, mug: Variant) -> None:
    order = guest.post("/orders", body_for(("MUG", 1), email="g@example.com")).json()

    answer = guest.post(f"/orders/{order['id']}/cancel?tracking_token={order['tracking_token']}")

    assert answer.status_code == 401
    assert Order.objects.get().status == "pending"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("actions", [["confirm"] * 6, ["cancel"] * 6, ["confirm"] * 3 + ["cancel"] * 3])
def test_of_many_at_once_one_wins_and_stock_comes_back_once(
    order: dict[str, Any], staff: User, client_of: ClientOf, actions: list[str]
) -> None:
    clients = [client_of(staff) for _ in actions]
    calls = [
        lambda client=client, action=action: client.post(f"/orders/{order['id']}/{action}")
        for client, action in zip(clients, actions, strict=True)
    ]

    answers = at_once(calls)

    won = [action for action, answer in zip(actions, answers, strict=True) if answer.status_code == 200]
    assert {answer.status_code for answer in answers} == {200, 409}
    # A confirmed order may still be cancelled: those two can both win, in this order alone.
    assert sorted(won) in (["confirm"], ["cancel"], ["cancel", "confirm"])
    assert len(set(won)) == len(won)
    assert stock() == (10 if "cancel" in won else 7)
    assert Event.objects.filter(type="OrderCancelled").count() == won.count("cancel")
    assert Event.objects.filter(type="OrderConfirmed").count() == won.count("confirm")
