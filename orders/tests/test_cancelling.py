"""`/cancel`: until when, what comes back into stock, and that it comes back once, whatever happens beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Sum
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import StockMovement, Variant
from events.models import Event
from orders import tasks
from orders.models import Order
from orders.tests.conftest import MakeVariant, at_once, body_for

ClientOf = Callable[[User], APIClient]
PARCEL = {"carrier": "DHL", "tracking_number": "00340434"}


@pytest.fixture
def order(customer: User, client_of: ClientOf, mug: Variant) -> dict[str, Any]:
    """Carla's pending order for 3 of 10 mugs."""
    body: dict[str, Any] = client_of(customer).post("/orders", body_for(("MUG", 3))).json()
    return body


def stock(sku: str = "MUG") -> int:
    return Variant.objects.get(sku=sku).stock


def status() -> str:
    return str(Order.objects.get().status)


def test_an_order_that_is_shipped_in_part_is_refunded_and_not_cancelled(
    order: dict[str, Any], staff: User, client_of: ClientOf
) -> None:
    client = client_of(staff)
    client.post(f"/orders/{order['id']}/confirm")
    shipped = client.post(f"/orders/{order['id']}/ship", PARCEL | {"items": [{"sku": "MUG", "quantity": 1}]})
    assert (shipped.status_code, shipped.json()["status"]) == (200, "confirmed")

    answer = client.post(f"/orders/{order['id']}/cancel")

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "order_transition_not_allowed")
    assert problem["detail"] == "A part of the order has been shipped: refund it instead."
    assert (problem["from_status"], problem["to_status"]) == ("confirmed", "cancelled")
    assert (status(), stock()) == ("confirmed", 7)


def test_what_a_refund_has_put_back_does_not_come_back_again(
    order: dict[str, Any], staff: User, client_of: ClientOf
) -> None:
    client = client_of(staff)
    client.post(f"/orders/{order['id']}/confirm")
    refund = {"amount": "12.90", "reason": "One is enough", "restock": [{"sku": "MUG", "quantity": 1}]}
    assert client.post(f"/orders/{order['id']}/refund", refund).status_code == 200
    assert stock() == 8

    assert client.post(f"/orders/{order['id']}/cancel").status_code == 200

    assert stock() == 10


def test_stock_comes_back_to_a_variant_that_has_another_sku_by_now(
    order: dict[str, Any], make_variant: MakeVariant, staff: User, client_of: ClientOf
) -> None:
    client = client_of(staff)
    make_variant("BOWL", stock=4)
    assert client.patch("/variants/MUG", {"sku": "BEAKER"}).status_code == 200
    assert client.patch("/variants/BOWL", {"sku": "MUG"}).status_code == 200

    assert client.post(f"/orders/{order['id']}/cancel").status_code == 200

    assert (stock("BEAKER"), stock("MUG")) == (10, 4)


def test_stock_comes_back_for_a_product_that_is_no_longer_for_sale(
    order: dict[str, Any], mug: Variant, staff: User, client_of: ClientOf
) -> None:
    client = client_of(staff)
    assert client.delete(f"/products/{mug.product_id}").status_code == 204

    assert client.post(f"/orders/{order['id']}/cancel").status_code == 200

    assert stock() == 10


def posts(client_of: ClientOf, user: User, path: str, body: Any = None, *, times: int = 1) -> list[Any]:
    clients = [client_of(user) for _ in range(times)]
    return [lambda client=client: client.post(path, body) for client in clients]


def the_stock_came_back_once() -> None:
    assert stock() == 10
    assert list(StockMovement.objects.filter(reason="cancel").values_list("delta", flat=True)) == [3]
    assert StockMovement.objects.aggregate(all=Sum("delta"))["all"] == 10
    assert Event.objects.filter(type="OrderCancelled").count() == 1
    assert Order.objects.get().history.filter(status="cancelled").count() == 1


def codes(answers: Sequence[Response]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


@pytest.mark.django_db(transaction=True)
def test_of_ten_cancels_at_once_one_gives_the_stock_back(
    order: dict[str, Any], staff: User, client_of: ClientOf
) -> None:
    answers = at_once(posts(client_of, staff, f"/orders/{order['id']}/cancel", times=10))

    assert codes(answers) == [200] + [409] * 9
    the_stock_came_back_once()


@pytest.mark.django_db(transaction=True)
def test_a_buyer_who_cancels_while_staff_confirm_gets_one_or_the_other(
    order: dict[str, Any], customer: User, staff: User, client_of: ClientOf
) -> None:
    cancel = posts(client_of, customer, f"/orders/{order['id']}/cancel", times=4)
    confirm = posts(client_of, staff, f"/orders/{order['id']}/confirm", times=4)

    answers = at_once([call for pair in zip(cancel, confirm, strict=True) for call in pair])

    assert codes(answers) == [200] + [409] * 7
    if status() == "cancelled":
        the_stock_came_back_once()
    else:
        assert (status(), stock()) == ("confirmed", 7)
        assert not Event.objects.filter(type="OrderCancelled").exists()


@pytest.mark.django_db(transaction=True)
def test_a_cancel_beside_the_clock_gives_the_stock_back_once(
    order: dict[str, Any], staff: User, client_of: ClientOf
) -> None:
    Order.objects.update(created_at=timezone.now() - timedelta(days=2))
    cancel = posts(client_of, staff, f"/orders/{order['id']}/cancel", times=3)

    answers = at_once([*cancel, *[tasks.expire_orders] * 3])

    won = [answer for answer in answers if answer is not None and answer.status_code == 200]
    assert len(won) <= 1
    assert Order.objects.get().history.get(status="cancelled").by == ("stella@example.com" if won else "system")
    the_stock_came_back_once()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("units", [1, 3])
def test_a_cancel_beside_a_parcel_leaves_one_of_them(
    order: dict[str, Any], staff: User, client_of: ClientOf, units: int
) -> None:
    client_of(staff).post(f"/orders/{order['id']}/confirm")
    cancel = posts(client_of, staff, f"/orders/{order['id']}/cancel", times=4)
    parcel = PARCEL | {"items": [{"sku": "MUG", "quantity": units}]}
    (ship,) = posts(client_of, staff, f"/orders/{order['id']}/ship", parcel)

    answers = at_once([*cancel[:2], ship, *cancel[2:]])

    assert codes(answers) == [200] + [409] * 4
    if status() == "cancelled":
        the_stock_came_back_once()
        assert not Order.objects.get().shipments.exists()
    else:
        assert (status(), stock()) == ("shipped" if units == 3 else "confirmed", 7)
        assert Order.objects.get().shipments.count() == 1
