"""Several of the staff move one order at once, over HTTP, with real commits: one wins, and nothing happens twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import F, Sum
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import StockMovement, Variant
from events.models import Event
from orders.models import Order, OrderLine, Refund, Shipment
from orders.tests.conftest import MakeVariant, at_once, body_for
from orders.tests.ways import call, go, stock_of

pytestmark = pytest.mark.django_db(transaction=True)
ClientOf = Callable[[User], APIClient]
Call = Callable[[], Any]
MUG = [{"sku": "MUG", "quantity": 1}]


@pytest.fixture
def order(staff: User, client_of: ClientOf, mug: Variant) -> str:
    """A confirmed order for 3 of 10 mugs."""
    client = client_of(staff)
    placed = client.post("/orders", body_for(("MUG", 3))).json()
    go(client, placed["id"], ["confirm"])
    return str(placed["id"])


@pytest.fixture
def by_staff(order: str, staff: User, client_of: ClientOf) -> Callable[..., Call]:
    """A call to be made later, by a client of its own: `by_staff("ship", {"If-Match": …}, items=[…])`."""

    def prepare(action: str, headers: dict[str, str] | None = None, **body: Any) -> Call:
        client = client_of(staff)
        return lambda: call(client, order, action, headers, **body)

    return prepare


def outcomes(answers: list[Any]) -> Counter[tuple[int, str]]:
    return Counter((answer.status_code, answer.json().get("code", "")) for answer in answers)


WON, LOST, LATE = (200, ""), (409, "order_transition_not_allowed"), (412, "precondition_failed")


@pytest.mark.parametrize("action", ["ship", "deliver", "refund"])
def test_one_wins_and_the_others_are_told(
    order: str, staff: User, client_of: ClientOf, by_staff: Callable[..., Call], action: str
) -> None:
    if action == "deliver":
        go(client_of(staff), order, ["ship"])

    answers = at_once([by_staff(action) for _ in range(6)])

    assert outcomes(answers) == {WON: 1, LOST: 5}
    told = {"ship": "OrderShipped", "deliver": "OrderDelivered", "refund": "OrderRefunded"}[action]
    assert Event.objects.filter(type=told).count() == 1
    assert Shipment.objects.count() == (0 if action == "refund" else 1)
    assert Refund.objects.count() == (1 if action == "refund" else 0)


@pytest.mark.parametrize(
    "pair",
    [
        [("ship", {}), ("ship", {})],
        [("ship", {"items": MUG}), ("ship", {"items": MUG})],
        [("refund", {"amount": "1.00"}), ("refund", {"amount": "1.00"})],
        [("ship", {}), ("refund", {})],
        [("ship", {}), ("cancel", {})],
        [("refund", {}), ("cancel", {})],
    ],
)
def test_of_two_who_saw_the_same_order_one_is_overtaken(
    order: str, staff: User, client_of: ClientOf, by_staff: Callable[..., Call], pair: list[tuple[str, dict[str, Any]]]
) -> None:
    seen = {"If-Match": client_of(staff).get(f"/orders/{order}")["ETag"]}
    version = Order.objects.get().version

    answers = at_once([by_staff(action, seen, **body) for action, body in pair])

    assert outcomes(answers) == {WON: 1, LATE: 1}
    assert Order.objects.get().version == version + 1


def test_one_key_at_once_is_one_parcel(order: str, by_staff: Callable[..., Call]) -> None:
    answers = at_once([by_staff("ship", {"Idempotency-Key": "parcel-1"}, items=MUG) for _ in range(6)])

    assert set(outcomes(answers)) <= {WON, (409, "idempotency_key_in_flight")}
    assert outcomes(answers)[WON] >= 1
    assert Shipment.objects.count() == OrderLine.objects.get().shipped == 1


def test_a_parcel_and_a_cancel_exclude_each_other(order: str, by_staff: Callable[..., Call]) -> None:
    answers = at_once([by_staff("ship", items=MUG), by_staff("cancel")])

    assert outcomes(answers) == {WON: 1, LOST: 1}
    cancelled = Order.objects.get().status == "cancelled"
    assert (Shipment.objects.count(), stock_of()) == ((0, 10) if cancelled else (1, 7))


def test_no_unit_is_shipped_or_put_back_twice(order: str, by_staff: Callable[..., Call]) -> None:
    calls = [by_staff("ship", items=MUG) for _ in range(4)]
    calls += [by_staff("refund", amount="1.00", restock=MUG) for _ in range(4)]

    answers = at_once(calls)

    assert {answer.status_code for answer in answers} <= {200, 400, 409}
    line = OrderLine.objects.get()
    assert line.shipped == (Shipment.objects.aggregate(all=Sum("lines__quantity"))["all"] or 0)
    assert line.restocked == Refund.objects.aggregate(all=Sum("restocked__quantity"))["all"] == 3
    assert line.left_to_ship == 0
    assert stock_of() == 10
    assert Order.objects.get().status == ("shipped" if line.shipped else "confirmed")
    moves = Event.objects.filter(type__in=["OrderShipped", "OrderRefunded"]).count()
    assert Order.objects.get().version == 2 + moves == 2 + [answer.status_code for answer in answers].count(200)


def test_never_more_money_is_given_back_than_was_paid(order: str, by_staff: Callable[..., Call]) -> None:
    total = Order.objects.get().total
    most = f"{total - 1:.2f}"

    answers = at_once([by_staff("refund", amount=most) for _ in range(4)])

    assert outcomes(answers) == {WON: 1, (400, "refund_too_large"): 3}
    assert Order.objects.get().refunded_total == Refund.objects.get().amount == total - 1


def test_refunds_cancels_and_new_orders_of_the_same_goods_never_deadlock(
    staff: User, client_of: ClientOf, make_variant: MakeVariant
) -> None:
    skus = [make_variant(f"SKU-{number}", stock=1000).sku for number in range(6)]
    client, ways = client_of(staff), [skus, skus[::-1], skus[3:] + skus[:3]]
    placed = [client.post("/orders", body_for(*[(sku, 1) for sku in ways[n % 3]])).json()["id"] for n in range(12)]
    for order_id in placed:
        go(client, order_id, ["confirm"])

    def refund(order_id: str, basket: list[str]) -> Call:
        own, units = client_of(staff), [{"sku": sku, "quantity": 1} for sku in basket]
        return lambda: call(own, order_id, "refund", restock=units)

    def cancel(order_id: str) -> Call:
        own = client_of(staff)
        return lambda: call(own, order_id, "cancel")

    def place(basket: list[str]) -> Call:
        own, body = client_of(staff), body_for(*[(sku, 1) for sku in basket])
        return lambda: own.post("/orders", body)

    calls = [refund(order_id, ways[(n + 1) % 3]) for n, order_id in enumerate(placed[:6])]
    calls += [cancel(order_id) for order_id in placed[6:]]
    calls += [place(ways[n % 3]) for n in range(12)]

    answers = at_once(calls)

    assert Counter(answer.status_code for answer in answers) == {200: 12, 201: 12}
    assert set(Variant.objects.values_list("stock", flat=True)) == {1000 - 12}
    assert not Variant.objects.annotate(ledger=Sum("movements__delta")).exclude(stock=F("ledger")).exists()
    assert StockMovement.objects.filter(reason="return").count() == 6 * 6
