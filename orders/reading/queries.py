"""Reading orders, always scoped to the caller."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User
from orders import tracking
from orders.errors import OrderNotFound
from orders.models import Order


def orders_visible_to(user: User) -> QuerySet[Order]:
    """Staff see every order, a customer sees their own."""
    return Order.objects.all() if user.is_staff else Order.objects.filter(customer=user)


def orders_matching(
    user: User,
    *,
    email: str | None = None,
    status: str | None = None,
    created_after: datetime | None = None,
    created_before: datetime | None = None,
) -> QuerySet[Order]:
    """The caller's orders with their parts, narrowed; both times are exclusive."""
    orders = orders_visible_to(user)
    if email is not None:
        orders = orders.filter(email=email.lower())
    if status is not None:
        orders = orders.filter(status=status)
    if created_after is not None:
        orders = orders.filter(created_at__gt=created_after)
    if created_before is not None:
        orders = orders.filter(created_at__lt=created_before)
    return with_parts(orders)


def order_visible_to(user: User, order_id: UUID) -> Order:
    """One order with its parts. Raises OrderNotFound, also for somebody else's."""
    return _one(orders_visible_to(user), order_id)


def order_tracked_by(token: str, order_id: UUID) -> Order:
    """The order that a guest's token reads. Raises OrderNotFound for a wrong token, an old one, and another order's."""
    if not tracking.reads(token, order_id):
        raise OrderNotFound
    return _one(Order.objects.all(), order_id)


def with_parts(orders: QuerySet[Order]) -> QuerySet[Order]:
    """With all that `order_json` shows: as many queries for a hundred orders as for one."""
    return orders.prefetch_related("lines", "history", "shipments__lines", "refunds__restocked", "notes")


def _one(orders: QuerySet[Order], order_id: UUID) -> Order:
    order = with_parts(orders).filter(id=order_id).first()
    if order is None:
        raise OrderNotFound
    return order
