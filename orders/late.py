"""Orders that should have been shipped by now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from orders.models import Order, OrderHistory


def late_among(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Those that were confirmed more than ORDER_LATE_HOURS ago, and of which something is still to be shipped."""
    before = _limit()
    confirmed = OrderHistory.objects.filter(order=OuterRef("pk"), status=Order.Status.CONFIRMED, at__lt=before)
    # Nothing is confirmed before it is placed: this bounds what the index of states has to give.
    return orders.filter(Exists(confirmed), status=Order.Status.CONFIRMED, created_at__lt=before)


def is_late(order: Order, history: Iterable[OrderHistory]) -> bool:
    """The same of one order, whose confirmation is among `history`."""
    waits = order.status == Order.Status.CONFIRMED
    return waits and any(row.status == Order.Status.CONFIRMED and row.at < _limit() for row in history)


def _limit() -> datetime:
    return timezone.now() - timedelta(hours=settings.ORDER_LATE_HOURS)
