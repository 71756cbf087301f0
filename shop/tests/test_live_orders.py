"""What the live feed tells of an order on its way: to its buyer and to staff, parcel by parcel and refund by refund."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from orders.tests.conftest import body_for
from orders.tests.ways import call, go
from shop.tests.conftest import Listen, give_positions

pytestmark = pytest.mark.django_db(transaction=True)
ClientOf = Callable[[User], APIClient]
MUG = [{"sku": "MUG", "quantity": 1}]


@pytest.fixture
def order(customer: User, staff: User, client_of: ClientOf) -> str:
    """Carla's confirmed order for 2 mugs."""
    product = {"code": "MUG", "name": "Mug", "price": "12.90", "stock": 10}
    assert client_of(staff).post("/products", product).status_code == 201
    placed = client_of(customer).post("/orders", body_for(("MUG", 2))).json()
    go(client_of(staff), placed["id"], ["confirm"])
    return str(placed["id"])


def go_on(client: APIClient, order_id: str) -> None:
    """Two parcels, the delivery, two refunds: five events."""
    call(client, order_id, "ship", items=MUG)
    go(client, order_id, ["ship", "deliver"])
    call(client, order_id, "refund", amount="5.00", restock=MUG)
    go(client, order_id, ["refund"])
    give_positions()


def told(messages: list[dict[str, Any]]) -> list[tuple[str, str, bool | None]]:
    return [(message["type"], message["data"]["status"], message["data"].get("complete")) for message in messages]


def test_buyer_and_staff_follow_parcels_delivery_and_refunds(
    order: str, listen: Listen, customer: User, staff: User, client_of: ClientOf
) -> None:
    give_positions()
    mine, all_of_them = listen(customer), listen(staff)
    mine.hello(), all_of_them.hello()

    go_on(client_of(staff), order)

    messages = mine.read_many(5)
    assert told(messages) == [
        ("OrderShipped", "confirmed", False),
        ("OrderShipped", "shipped", True),
        ("OrderDelivered", "delivered", None),
        ("OrderRefunded", "delivered", False),
        ("OrderRefunded", "refunded", True),
    ]
    assert {message["subject"] for message in messages} == {f"order/{order}"}
    assert all_of_them.read_many(5) == messages


def test_nobody_else_is_told_of_them(
    order: str, listen: Listen, other_customer: User, staff: User, client_of: ClientOf
) -> None:
    go_on(client_of(staff), order)
    own = client_of(other_customer).post("/orders", body_for(("MUG", 1))).json()
    give_positions()

    feed = listen(other_customer, after=0)

    feed.hello()
    assert feed.read()["subject"] == f"order/{own['id']}"


def test_types_picks_parcels_and_refunds(
    order: str, listen: Listen, customer: User, staff: User, client_of: ClientOf
) -> None:
    go_on(client_of(staff), order)

    feed = listen(customer, after=0, types="OrderShipped,OrderRefunded")

    feed.hello()
    assert [type_ for type_, *_ in told(feed.read_many(4))] == ["OrderShipped"] * 2 + ["OrderRefunded"] * 2
