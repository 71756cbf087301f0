"""An order on its way: confirmed, shipped in one parcel or several, delivered."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from accounts.models import User
from events.outbox import record
from orders.events import OrderConfirmed
from orders.models import Order
from orders.transitions import Check, facts, locked, move

Status = Order.Status


@transaction.atomic
def confirm_order(*, order_id: UUID, by: User, check: Check | None = None) -> Order:
    """Staff accepts a pending order. Raises OrderNotFound, TransitionNotAllowed, and what `check` raises."""
    order = locked(order_id, by, check)
    move(order, Status.CONFIRMED, by=by.email)
    record(OrderConfirmed(**facts(order)), customer_id=order.customer_id)
    return order
