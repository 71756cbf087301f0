"""The state machine of an order: who may see and lock it, how it takes another status, and what every event tells.

Each use case (confirm, ship, deliver, cancel, refund) is a service in a room of its own. All of them begin with
`locked`, so that of two who change an order at once the second sees what the first did, and end with one event.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from accounts.rights import Right
from catalog.money import money
from orders.errors import OrderNotFound, TransitionNotAllowed
from orders.models import Order, OrderHistory
from orders.reading.queries import orders_visible_to

Check = Callable[[Order], None]
"""What a caller wants to hold for the locked order before it changes; it raises where it does not."""

SYSTEM = "system"
"""The `by` of what nobody did: the shop itself, by a rule."""


def locked(order_id: UUID, by: User, check: Check | None = None) -> Order:
    """The order, locked until the transaction ends. Raises OrderNotFound, and what `check` raises."""
    order = orders_visible_to(by, Right.CHANGE_ORDERS).select_for_update(no_key=True).filter(id=order_id).first()
    if order is None:
        raise OrderNotFound
    if check:
        check(order)
    return order


def move(order: Order, status: Order.Status, *changed: str, by: str, reason: str = "") -> None:
    """Gives a locked order its next status and a line of history, and saves what else has `changed`.

    Raises TransitionNotAllowed (409).
    """
    if not order.can_become(status):
        raise not_allowed(order, status)
    order.status = status
    touch(order, "status", *changed)
    note_status(order, by, reason)


def touch(order: Order, *changed: str) -> None:
    """Saves a locked order's changed fields as its next version."""
    order.version += 1
    order.updated_at = timezone.now()
    order.save(update_fields=[*changed, "version", "updated_at"])


def not_allowed(order: Order, status: Order.Status) -> TransitionNotAllowed:
    return TransitionNotAllowed(
        f"The order is {order.status}; you cannot make it {status}.", from_status=order.status, to_status=str(status)
    )


def note_status(order: Order, by: str, reason: str) -> OrderHistory:
    return OrderHistory.objects.create(order=order, status=order.status, at=order.updated_at, by=by, reason=reason)


def facts(order: Order) -> dict[str, str]:
    """What every event of an order tells."""
    return {
        "order_id": str(order.id),
        "number": order.number,
        "status": str(order.status),
        "total": money(order.total, order.currency),
        "currency": order.currency,
    }
