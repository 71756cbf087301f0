"""Every state times every call: what is allowed leaves exactly its own traces, what is refused leaves none."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Variant
from orders.tests.conftest import body_for
from orders.tests.ways import BODIES, PARCEL, call, go, stock_of, traces

ClientOf = Callable[[User], APIClient]
CALLS = [*BODIES, "delete"]
WAYS: dict[str, list[str]] = {
    "pending": [],
    "confirmed": ["confirm"],
    "shipped": ["confirm", "ship"],
    "delivered": ["confirm", "ship", "deliver"],
    "cancelled": ["cancel"],
    "refunded": ["confirm", "refund"],
}
ALLOWED = {
    ("pending", "confirm"): ("confirmed", ["OrderConfirmed"]),
    ("pending", "cancel"): ("cancelled", ["OrderCancelled"]),
    ("pending", "delete"): ("cancelled", ["OrderCancelled", "OrderDeleted"]),
    ("confirmed", "ship"): ("shipped", ["OrderShipped"]),
    ("confirmed", "cancel"): ("cancelled", ["OrderCancelled"]),
    ("confirmed", "refund"): ("refunded", ["OrderRefunded"]),
    ("confirmed", "delete"): ("cancelled", ["OrderCancelled", "OrderDeleted"]),
    ("shipped", "deliver"): ("delivered", ["OrderDelivered"]),
    ("shipped", "refund"): ("refunded", ["OrderRefunded"]),
    ("delivered", "refund"): ("refunded", ["OrderRefunded"]),
    ("cancelled", "delete"): ("cancelled", ["OrderDeleted"]),
}
"""The contract's transitions, and the events of each. Every other pair is refused."""


@pytest.fixture
def placed(customer: User, client_of: ClientOf, mug: Variant) -> str:
    """Carla's pending order for 3 of 10 mugs."""
    return str(client_of(customer).post("/orders", body_for(("MUG", 3))).json()["id"])


@pytest.mark.parametrize(("state", "action"), sorted(ALLOWED))
def test_an_allowed_call_leaves_its_traces_once(
    placed: str, staff: User, client_of: ClientOf, state: str, action: str
) -> None:
    client = client_of(staff)
    go(client, placed, WAYS[state])
    before = traces(placed)
    status, events = ALLOWED[state, action]

    answer = call(client, placed, action)

    after = traces(placed)
    if action == "delete":
        assert answer.status_code == 204
    else:
        assert (answer.status_code, answer.json()) == (200, client.get(f"/orders/{placed}").json())
    assert after["order"]["status"] == status
    assert after["order"]["version"] > before["order"]["version"]
    assert after["order"]["updated_at"] > before["order"]["updated_at"]
    assert after["history"][: len(before["history"])] == before["history"]
    added = [(row[0], row[1]) for row in after["history"][len(before["history"]) :]]
    assert added == ([] if status == state else [(status, "stella@example.com")])
    assert after["events"][: len(before["events"])] == before["events"]
    told = after["events"][len(before["events"]) :]
    assert [type_ for type_, _ in told] == events
    assert {data["status"] for _, data in told} == {status}
    assert stock_of() == (10 if status == "cancelled" else 7)
    assert len(after["shipments"]) == len(before["shipments"]) + (action == "ship")
    assert len(after["refunds"]) == len(before["refunds"]) + (action == "refund")


@pytest.mark.parametrize(
    ("state", "action"), [pair for pair in product(WAYS, CALLS) if pair not in ALLOWED], ids=lambda part: part
)
def test_any_other_call_is_409_and_changes_nothing(
    placed: str, staff: User, client_of: ClientOf, state: str, action: str
) -> None:
    client = client_of(staff)
    go(client, placed, WAYS[state])
    before = traces(placed)

    answer = call(client, placed, action)

    assert (answer.status_code, answer.json()["code"]) == (409, "order_transition_not_allowed")
    assert answer.json()["from_status"] == state
    assert traces(placed) == before


PARTS: dict[str, dict[str, Any]] = {"ship": {"items": [{"sku": "MUG", "quantity": 1}]}, "refund": {"amount": "1.00"}}


@pytest.mark.parametrize(("state", "action"), [pair for pair in product(WAYS, PARTS) if pair not in ALLOWED])
def test_a_part_is_refused_where_the_whole_is(
    placed: str, staff: User, client_of: ClientOf, state: str, action: str
) -> None:
    client = client_of(staff)
    go(client, placed, WAYS[state])
    before = traces(placed)

    answer = call(client, placed, action, **PARTS[action])

    assert (answer.status_code, answer.json()["code"]) == (409, "order_transition_not_allowed")
    assert traces(placed) == before


@pytest.mark.parametrize("action", ["confirm", "deliver", "cancel", "delete"])
def test_an_order_that_is_shipped_in_part_cannot_go_back_or_skip_ahead(
    placed: str, staff: User, client_of: ClientOf, action: str
) -> None:
    client = client_of(staff)
    go(client, placed, ["confirm"])
    call(client, placed, "ship", **PARTS["ship"])
    before = traces(placed)

    answer = call(client, placed, action)

    assert (answer.status_code, answer.json()["code"]) == (409, "order_transition_not_allowed")
    assert traces(placed) == before


@pytest.mark.parametrize("state", WAYS)
def test_buyers_move_their_order_nowhere_but_to_cancelled(
    placed: str, customer: User, staff: User, client_of: ClientOf, state: str
) -> None:
    go(client_of(staff), placed, WAYS[state])
    before = traces(placed)

    for action in CALLS:
        if action != "cancel":
            answer = call(client_of(customer), placed, action)
            assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert traces(placed) == before


@pytest.mark.parametrize("state", sorted(WAYS.keys() - {"pending"}))
def test_buyers_cancel_a_pending_order_alone(
    placed: str, customer: User, staff: User, client_of: ClientOf, state: str
) -> None:
    go(client_of(staff), placed, WAYS[state])
    before = traces(placed)

    answer = call(client_of(customer), placed, "cancel")

    assert (answer.status_code, answer.json()["code"]) == (409, "order_transition_not_allowed")
    assert traces(placed) == before


def test_late_repeats_never_move_an_order_backwards(placed: str, staff: User, client_of: ClientOf) -> None:
    client = client_of(staff)
    way = ["confirm", "ship", "deliver", "refund"]
    keys = {action: {"Idempotency-Key": f"{action}-1"} for action in way}
    first: dict[str, Any] = {action: call(client, placed, action, keys[action]) for action in way}
    assert [answer.status_code for answer in first.values()] == [200] * 4
    at_the_end = traces(placed)

    for action in way:
        with_key = call(client, placed, action, keys[action])
        assert (with_key.status_code, with_key["Idempotency-Replayed"]) == (200, "true")
        assert (with_key.content, with_key["ETag"]) == (first[action].content, first[action]["ETag"])
        assert call(client, placed, action).status_code == 409
    assert traces(placed) == at_the_end


@pytest.mark.parametrize(("action", "changed"), [("ship", {"carrier": "UPS"}), ("refund", {"reason": "Another one."})])
def test_a_key_holds_for_one_body(
    placed: str, staff: User, client_of: ClientOf, action: str, changed: dict[str, str]
) -> None:
    client, key = client_of(staff), {"Idempotency-Key": "once"}
    go(client, placed, ["confirm"])
    assert call(client, placed, action, key).status_code == 200
    before = traces(placed)

    answer = call(client, placed, action, key, **changed)

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert traces(placed) == before


def test_a_refusal_frees_the_key(placed: str, staff: User, client_of: ClientOf) -> None:
    client, key = client_of(staff), {"Idempotency-Key": "too-early"}
    assert call(client, placed, "ship", key).status_code == 409
    go(client, placed, ["confirm"])

    answer = call(client, placed, "ship", key)

    assert answer.status_code == 200
    assert "Idempotency-Replayed" not in answer


@pytest.mark.parametrize("action", ["ship", "deliver", "refund"])
def test_an_overtaken_change_is_412_and_changes_nothing(
    placed: str, staff: User, client_of: ClientOf, action: str
) -> None:
    client = client_of(staff)
    old = client.get(f"/orders/{placed}")["ETag"]
    go(client, placed, ["confirm", "ship"] if action == "deliver" else ["confirm"])
    before = traces(placed)

    late = call(client, placed, action, {"If-Match": old})
    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
    assert traces(placed) == before

    now = client.get(f"/orders/{placed}")["ETag"]
    done = call(client, placed, action, {"If-Match": now})
    assert done.status_code == 200
    assert done["ETag"] == client.get(f"/orders/{placed}")["ETag"] != now


def test_a_deleted_order_is_moved_by_nobody(placed: str, staff: User, client_of: ClientOf) -> None:
    client = client_of(staff)
    assert call(client, placed, "delete").status_code == 204
    before = traces(placed)

    for action in CALLS:
        answer = call(client, placed, action)
        assert (answer.status_code, answer.json()["code"]) == (404, "order_not_found")
    assert traces(placed) == before


def test_a_guest_cannot_move_an_order(placed: str, guest: APIClient) -> None:
    for action in ("ship", "deliver", "refund"):
        assert call(guest, placed, action).status_code == 401


@pytest.mark.parametrize("action", ["ship", "deliver", "refund"])
def test_an_order_that_is_not_there_is_404(staff: User, client_of: ClientOf, action: str) -> None:
    answer = call(client_of(staff), "0190c1de-0000-7000-8000-000000000000", action)

    assert (answer.status_code, answer.json()["code"]) == (404, "order_not_found")


def test_a_parcel_needs_a_carrier_and_a_number(placed: str, staff: User, client_of: ClientOf) -> None:
    for missing in PARCEL:
        body = {name: text for name, text in PARCEL.items() if name != missing}
        answer = client_of(staff).post(f"/orders/{placed}/ship", body)
        assert answer.status_code == 400
        assert [error["field"] for error in answer.json()["errors"]] == [missing]
