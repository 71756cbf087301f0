"""Reading orders, always scoped to the caller."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import (
    BooleanField,
    Exists,
    OuterRef,
    Prefetch,
    QuerySet,
    Subquery,
    Value,
    prefetch_related_objects,
)

from accounts.models import User
from accounts.rights import Right, may
from catalog.models.fields import canonical_sku
from orders import tracking
from orders.errors import OrderNotFound
from orders.models import Order, OrderLine

PARTS = ("lines", "history", "shipments__lines", "refunds__restocked", "notes")


def orders_visible_to(user: User, right: Right = Right.READ_ORDERS) -> QuerySet[Order]:
    """Every order for who has the right, of a customer their own; but nobody sees one that was deleted."""
    orders = Order.objects.filter(hidden_at=None)
    return orders if may(user, right) else orders.filter(customer=user)


def orders_matching(
    user: User,
    *,
    email: str | None = None,
    status: str | None = None,
    created_after: datetime | None = None,
    created_before: datetime | None = None,
    number: str | None = None,
    sku: str | None = None,
    min_total: Decimal | None = None,
    max_total: Decimal | None = None,
) -> QuerySet[Order]:
    """The caller's orders, narrowed. Both times are exclusive, both amounts inclusive; a SKU is found in any case."""
    orders = orders_visible_to(user)
    if email is not None:
        orders = orders.filter(email=email.lower())
    if status is not None:
        orders = orders.filter(status=status)
    if created_after is not None:
        orders = orders.filter(created_at__gt=created_after)
    if created_before is not None:
        orders = orders.filter(created_at__lt=created_before)
    if number is not None:
        orders = orders.filter(number=number)
    if sku is not None:
        orders = orders.filter(Exists(OrderLine.objects.filter(order=OuterRef("pk"), sku=canonical_sku(sku))))
    if min_total is not None:
        orders = orders.filter(total__gte=min_total)
    if max_total is not None:
        orders = orders.filter(total__lte=max_total)
    return orders


def lines_among(orders: QuerySet[Order], *, sku: str) -> QuerySet[OrderLine]:
    """The lines of a SKU, in any case, in whichever of `orders`; each comes with its order and all parts of it.

    To be read by `-order_id`, which is newest first, for ids are made in the order of time: then PostgreSQL walks down
    `line_by_sku` and looks at one order after another. A join it would rather do the other way round, in the belief
    that a SKU's orders are spread evenly; of one that has not been sold lately it would read all that came since. The
    subquery leaves it no choice.
    """
    one_of_them = orders.filter(pk=OuterRef("order_id")).order_by().values(found=Value(True))
    lines = OrderLine.objects.filter(Subquery(one_of_them, output_field=BooleanField()), sku=canonical_sku(sku))
    return lines.prefetch_related(Prefetch("order", with_parts(Order.objects.all())))


def order_visible_to(user: User, order_id: UUID) -> Order:
    """One order with its parts. Raises OrderNotFound, also for somebody else's."""
    return _one(orders_visible_to(user), order_id)


def check_visible(user: User, order_id: UUID) -> None:
    """Raises OrderNotFound, also for somebody else's."""
    if not orders_visible_to(user).filter(id=order_id).exists():
        raise OrderNotFound


def order_tracked_by(token: str, order_id: UUID) -> Order:
    """The order that a guest's token reads. Raises OrderNotFound for a wrong token, an old one, and another order's."""
    revision = tracking.revision_of(token, order_id)
    if revision is None:
        raise OrderNotFound
    return _one(Order.objects.filter(hidden_at=None, tracking_revision=revision), order_id)


def with_parts(orders: QuerySet[Order]) -> QuerySet[Order]:
    """With all that `order_json` shows: as many queries for a hundred orders as for one."""
    return orders.prefetch_related(*PARTS)


def read_parts(order: Order) -> None:
    """The same for an order at hand: as many queries for a hundred parcels as for one."""
    prefetch_related_objects([order], *PARTS)


def _one(orders: QuerySet[Order], order_id: UUID) -> Order:
    order = with_parts(orders).filter(id=order_id).first()
    if order is None:
        raise OrderNotFound
    return order
