"""An order called off: by its buyer, by staff, or by the clock. Or taken out of sight, by staff."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from api.problems import UNREACHABLE
from catalog import stock
from events.outbox import record
from orders.errors import TransitionNotAllowed
from orders.events import OrderCancelled, OrderDeleted
from orders.models import Order
from orders.transitions import SYSTEM, Check, facts, locked, move, not_allowed, touch

log = logging.getLogger(__name__)

Status = Order.Status
EXPIRED_AT_ONCE = 500
"""In one run, so that it ends within a task's time limit: beat asks again each minute."""


class OrdersNotExpired(Exception):
    """Some overdue orders could not be cancelled; the others were."""

    def __init__(self, numbers: list[str]) -> None:
        super().__init__(f"{len(numbers)} did not expire, see the log: {', '.join(numbers)}")


@transaction.atomic
def cancel_order(*, order_id: UUID, by: User, reason: str = "", check: Check | None = None) -> Order:
    """Calls an order off and gives its stock back, once: buyers while it is pending, staff until a part is shipped.

    Raises OrderNotFound, TransitionNotAllowed, and what `check` raises.
    """
    order = locked(order_id, by, check)
    _cancel_for(order, by, reason)
    return order


@transaction.atomic
def delete_order(*, order_id: UUID, by: User, reason: str = "", check: Check | None = None) -> Order:
    """Cancels an order, unless it is cancelled already, and hides it: from now on only the admin shows it.

    Raises OrderNotFound, TransitionNotAllowed where it cannot be cancelled, and what `check` raises.
    """
    order = locked(order_id, by, check)
    if order.status != Status.CANCELLED:
        _cancel_for(order, by, reason)
    order.hidden_at = timezone.now()
    touch(order, "hidden_at")
    record(OrderDeleted(**facts(order)), customer_id=order.customer_id)
    return order


def expire_orders() -> int:
    """Cancels pending orders that nobody has confirmed in time, and says how many. Safe to run at any time, and twice.

    Each in a transaction of its own: one that somebody holds at the moment waits for the next run, and one that fails
    keeps none of the others. Raises OrdersNotExpired at the end where any has failed.
    """
    hours = settings.ORDER_EXPIRY_HOURS
    overdue = Order.objects.filter(status=Status.PENDING, created_at__lt=timezone.now() - timedelta(hours=hours))
    expired, failed = 0, []
    for order_id, number in overdue.order_by("created_at", "id").values_list("id", "number")[:EXPIRED_AT_ONCE]:
        try:
            expired += _expire(overdue.filter(id=order_id), f"Not confirmed within {hours} hours.")
        except (SoftTimeLimitExceeded, *UNREACHABLE):  # no fault of the order's, and no other would fare better
            raise
        except Exception:
            log.exception("order %s did not expire", number)
            failed.append(number)
    if failed:
        raise OrdersNotExpired(failed)
    return expired


@transaction.atomic(durable=True)
def _expire(overdue: QuerySet[Order], reason: str) -> int:
    order = overdue.select_for_update(skip_locked=True, no_key=True).first()
    if order is None:
        return 0
    _cancel(order, by=SYSTEM, reason=reason)
    return 1


def _cancel_for(order: Order, by: User, reason: str) -> None:
    if not order.can_be_cancelled_by(by):
        raise not_allowed(order, Status.CANCELLED)
    if order.shipments.exists():
        raise TransitionNotAllowed(
            "A part of the order has been shipped: refund it instead.",
            from_status=order.status,
            to_status=str(Status.CANCELLED),
        )
    _cancel(order, by=by.email, reason=reason)


def _cancel(order: Order, *, by: str, reason: str) -> None:
    move(order, Status.CANCELLED, by=by, reason=reason)
    if left := _left_of(order):
        stock.give_back(items=left, order_id=order.id, by=by)
    record(OrderCancelled(**facts(order), reason=reason), customer_id=order.customer_id)


def _left_of(order: Order) -> dict[str, int]:
    """SKU → units that no refund has put back yet, with the variants locked.

    A variant may have another SKU by now than its line has kept, and no third one before the stock is back.
    """
    lines = order.lines.select_related("variant").order_by("variant__sku")
    variants_locked = lines.select_for_update(of=("variant",), no_key=True)
    return {line.variant.sku: line.left_to_restock for line in variants_locked if line.left_to_restock}
