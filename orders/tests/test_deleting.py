"""`DELETE /orders/{id}`: a cancel after which the order is there for the admin alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import StockMovement, Variant
from events.models import Event
from orders.models import Order
from orders.tests.conftest import at_once, body_for

ClientOf = Callable[[User], APIClient]
PARCEL = {"carrier": "DHL", "tracking_number": "00340434"}


@pytest.fixture
def order(customer: User, client_of: ClientOf, mug: Variant) -> dict[str, Any]:
    """Carla's pending order for 3 of 10 mugs."""
    body: dict[str, Any] = client_of(customer).post("/orders", body_for(("MUG", 3))).json()
    return body


def events() -> list[str]:
    return [event.type for event in Event.objects.filter(type__startswith="Order").order_by("id")]


@pytest.mark.parametrize("confirmed", [False, True])
def test_it_cancels_the_order_and_takes_it_out_of_sight(
    order: dict[str, Any], staff: User, client_of: ClientOf, confirmed: bool
) -> None:
    client, path = client_of(staff), f"/orders/{order['id']}"
    if confirmed:
        client.post(f"{path}/confirm")

    answer = client.delete(path)

    assert (answer.status_code, answer.content) == (204, b"")
    assert Variant.objects.get().stock == 10
    assert events()[-2:] == ["OrderCancelled", "OrderDeleted"]
    told = Event.objects.get(type="OrderDeleted")
    assert (told.data["order_id"], told.data["status"]) == (order["id"], "cancelled")
    assert str(told.customer_id) == str(Order.objects.get().customer_id)
    again = client.delete(path)
    assert (again.status_code, again.json()["code"]) == (404, "order_not_found")
    assert events()[-2:] == ["OrderCancelled", "OrderDeleted"]


def test_one_that_is_cancelled_already_is_only_hidden(order: dict[str, Any], staff: User, client_of: ClientOf) -> None:
    client, path = client_of(staff), f"/orders/{order['id']}"
    client.post(f"{path}/cancel", {"reason": "No mugs"})

    assert client.delete(path).status_code == 204

    assert events() == ["OrderCreated", "OrderCancelled", "OrderDeleted"]
    assert StockMovement.objects.filter(reason="cancel").count() == 1
    assert Order.objects.get().history.get(status="cancelled").reason == "No mugs"


@pytest.mark.parametrize(
    "way",
    [
        [("ship", PARCEL | {"items": [{"sku": "MUG", "quantity": 1}]})],
        [("ship", PARCEL)],
        [("ship", PARCEL), ("deliver", None)],
        [("refund", {"reason": "Broken"})],
    ],
)
def test_one_that_can_no_longer_be_cancelled_stays(
    order: dict[str, Any], staff: User, client_of: ClientOf, way: list[tuple[str, Any]]
) -> None:
    client, path = client_of(staff), f"/orders/{order['id']}"
    for call, body in [("confirm", None), *way]:
        assert client.post(f"{path}/{call}", body).status_code == 200

    answer = client.delete(path)

    assert (answer.status_code, answer.json()["code"]) == (409, "order_transition_not_allowed")
    assert client.get(path).status_code == 200


def test_an_overtaken_delete_is_412(order: dict[str, Any], staff: User, client_of: ClientOf) -> None:
    client, path = client_of(staff), f"/orders/{order['id']}"
    seen = client.get(path)["ETag"]
    client.post(f"{path}/confirm")

    assert client.delete(path, headers={"If-Match": seen}).status_code == 412

    assert client.delete(path, headers={"If-Match": client.get(path)["ETag"]}).status_code == 204


def test_staff_alone_delete(order: dict[str, Any], customer: User, guest: APIClient, client_of: ClientOf) -> None:
    path = f"/orders/{order['id']}"

    assert client_of(customer).delete(path).status_code == 403
    assert guest.delete(path).status_code == 401
    assert Order.objects.get().status == "pending"


@pytest.mark.django_db(transaction=True)
def test_of_many_deletes_at_once_one_takes_place(order: dict[str, Any], staff: User, client_of: ClientOf) -> None:
    clients = [client_of(staff) for _ in range(6)]

    calls = [lambda client=client: client.delete(f"/orders/{order['id']}").status_code for client in clients]
    answers = at_once(calls)

    assert sorted(answers) == [204] + [404] * 5
    assert Variant.objects.get().stock == 10
    assert events() == ["OrderCreated", "OrderCancelled", "OrderDeleted"]


def test_the_api_shows_it_to_nobody(
    guest: APIClient, customer: User, staff: User, client_of: ClientOf, mug: Variant
) -> None:
    own = client_of(customer).post("/orders", body_for(("MUG", 1))).json()
    foreign = guest.post("/orders", body_for(("MUG", 1), email="gus@example.com")).json()
    for order in (own, foreign):
        assert client_of(staff).delete(f"/orders/{order['id']}").status_code == 204

    for reader in (customer, staff):
        client = client_of(reader)
        assert client.get("/orders").json()["results"] == []
        assert client.get(f"/orders/{own['id']}").status_code == 404
        assert client.get(f"/orders/{own['id']}/events").status_code == 404
        assert client.post(f"/orders/{own['id']}/cancel").status_code == 404
    for call, body in (("confirm", None), ("notes", {"text": "x"}), ("refund", {"reason": "x"})):
        assert client_of(staff).post(f"/orders/{own['id']}/{call}", body).status_code == 404
    assert client_of(staff).patch(f"/orders/{own['id']}", {"billing_address": None}).status_code == 404
    assert client_of(staff).delete(f"/orders/{own['id']}/tracking-token").status_code == 404
    token = {"tracking_token": foreign["tracking_token"]}
    assert guest.get(f"/orders/{foreign['id']}", token).status_code == 404


def test_the_admin_shows_it(order: dict[str, Any], staff: User, client: Client, client_of: ClientOf) -> None:
    client_of(staff).delete(f"/orders/{order['id']}")
    client.force_login(staff, backend="accounts.backends.CognitoBackend")

    page = client.get(reverse("admin:orders_order_change", args=[order["id"]]))

    assert page.status_code == 200
    assert order["number"] in page.content.decode()
