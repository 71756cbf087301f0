"""An order called off: by its buyer, by staff, or by the clock."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from catalog import stock
from events.outbox import record
from orders.events import OrderCancelled
from orders.models import Order
from orders.transitions import SYSTEM, Check, facts, locked, move, not_allowed

Status = Order.Status
EXPIRED_AT_ONCE = 500
"""In one run, so that it ends within a task's time limit: beat asks again each minute."""


@transaction.atomic
def cancel_order(*, order_id: UUID, by: User, reason: str = "", check: Check | None = None) -> Order:
    """Calls an order off and gives its stock back, once: buyers while it is pending, staff until it is shipped.

    Raises OrderNotFound, TransitionNotAllowed, and what `check` raises.
    """
    order = locked(order_id, by, check)
    if not order.can_be_cancelled_by(by):
        raise not_allowed(order, Status.CANCELLED)
    _cancel(order, by=by.email, reason=reason)
    return order


def expire_orders() -> int:
    """Cancels pending orders that nobody has confirmed in time, and says how many. Safe to run at any time, and twice.

    Each in a transaction of its own: one that somebody holds at the moment waits for the next run.
    """
    hours = settings.ORDER_EXPIRY_HOURS
    overdue = Order.objects.filter(status=Status.PENDING, created_at__lt=timezone.now() - timedelta(hours=hours))
    expired = 0
    for order_id in overdue.order_by("created_at", "id").values_list("id", flat=True)[:EXPIRED_AT_ONCE]:
        with transaction.atomic(durable=True):
            order = overdue.select_for_update(skip_locked=True, no_key=True).filter(id=order_id).first()
            if order is not None:
                _cancel(order, by=SYSTEM, reason=f"Not confirmed within {hours} hours.")
                expired += 1
    return expired


def _cancel(order: Order, *, by: str, reason: str) -> None:
    move(order, Status.CANCELLED, by=by, reason=reason)
    taken = dict(order.lines.values_list("sku", "quantity"))
    stock.give_back(items=taken, order_id=order.id, by=by)
    record(OrderCancelled(**facts(order), reason=reason), customer_id=order.customer_id)
