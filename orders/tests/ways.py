"""The way of an order over HTTP, as tests go it: the calls, and what an order has left behind so far."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework.test import APIClient

from catalog.models import StockMovement, Variant
from events.models import Event
from orders.models import Order, OrderLine

PARCEL = {"carrier": "DHL", "tracking_number": "00340434161094000001"}
BODIES: dict[str, dict[str, Any]] = {
    "confirm": {},
    "ship": PARCEL,
    "deliver": {},
    "cancel": {"reason": "Changed my mind."},
    "refund": {"reason": "It was broken."},
}
"""What each call takes at least."""


def call(client: APIClient, order_id: str, action: str, headers: dict[str, str] | None = None, **body: Any) -> Any:
    """The answer to one call; `action` is the last part of its path, or `delete`."""
    if action == "delete":
        return client.delete(f"/orders/{order_id}", headers=headers)
    return client.post(f"/orders/{order_id}/{action}", BODIES[action] | body, headers=headers)


def go(client: APIClient, order_id: str, actions: Iterable[str]) -> None:
    for action in actions:
        answer = call(client, order_id, action)
        assert answer.status_code == 200, answer.content


def stock_of(sku: str = "MUG") -> int:
    return Variant.objects.get(sku=sku).stock


def traces(order_id: str) -> dict[str, Any]:
    """All that a change of an order can leave behind."""
    order = Order.objects.get(id=order_id)
    return {
        "order": Order.objects.filter(id=order_id).values().get(),
        "lines": list(OrderLine.objects.filter(order=order).values()),
        "history": list(order.history.values_list("status", "by", "reason")),
        "shipments": list(order.shipments.values()),
        "refunds": list(order.refunds.values()),
        "events": list(Event.objects.filter(subject=f"order/{order_id}").order_by("id").values_list("type", "data")),
        "ledger": list(StockMovement.objects.filter(order_id=order_id).order_by("id").values("variant__sku", "delta")),
        "stock": dict(Variant.objects.values_list("sku", "stock")),
    }
