"""What the dashboard tells of orders. Days are those of the shop's time zone, revenue is in the shop's currency.

Revenue is what was ordered, without what was cancelled and less what was refunded, on the day of the order. Each
function is one query; those that add up go along the index of the times at which orders were placed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from orders.late import late_among
from orders.models import Order, OrderLine, Refusal

DAYS = 30
LISTED = 8
"""Rows of each list."""
COUNTED = 1000
"""What is counted of things that should be few; more are told as so many."""
SOLD = ~Q(status=Order.Status.CANCELLED)
NOTHING = Decimal(0)


@dataclass
class Day:
    date: date
    revenue: Decimal = NOTHING
    states: Counter[str] = field(default_factory=Counter)

    @property
    def orders(self) -> int:
        return self.states.total()


@dataclass(frozen=True)
class Compared:
    """Today until now, and earlier days until the same time of day."""

    orders: int
    revenue: Decimal


def days() -> list[Day]:
    """The last thirty, today the last of them."""
    today = timezone.localdate()
    known = {day: Day(day) for day in (today - timedelta(days=back) for back in reversed(range(DAYS)))}
    placed = Order.objects.filter(created_at__gte=_begin(today - timedelta(days=DAYS - 1)), hidden_at=None)
    rows = placed.annotate(day=TruncDate("created_at")).order_by().values("day", "status")
    for row in rows.annotate(orders=Count("*"), revenue=_revenue()):
        if day := known.get(row["day"]):  # an order of a clock that goes ahead belongs to no day yet
            day.states[row["status"]] += row["orders"]
            day.revenue += row["revenue"] or NOTHING
    return list(known.values())


def until_now() -> tuple[Compared, Compared, Compared]:
    """Today, yesterday, and the same weekday of last week, each until this time of day."""
    now = timezone.localtime()
    asked: dict[str, Any] = {}
    spans = []
    for back in (0, 1, 7):
        day = now.date() - timedelta(days=back)
        span = Q(created_at__gte=_begin(day), created_at__lte=_moment(day, now.time()))
        asked |= {f"orders_{back}": Count("pk", filter=span), f"revenue_{back}": _revenue(span)}
        spans.append(span)
    within = Order.objects.filter(spans[0] | spans[1] | spans[2], hidden_at=None)
    sums = within.aggregate(**asked)
    first, second, third = (Compared(sums[f"orders_{back}"], sums[f"revenue_{back}"] or NOTHING) for back in (0, 1, 7))
    return first, second, third


def open_orders() -> dict[str, int]:
    """How many wait to be confirmed, and how many to be shipped."""
    waiting = Order.objects.filter(status__in=[Order.Status.PENDING, Order.Status.CONFIRMED])
    counts = dict(waiting.order_by().values_list("status").annotate(count=Count("*")))
    return {status: counts.get(status, 0) for status in (Order.Status.PENDING, Order.Status.CONFIRMED)}


def latest_first() -> QuerySet[Order]:
    """The late orders, of which the buyer has waited longest first."""
    return late_among(Order.objects.all()).order_by("created_at", "id")


def best_sellers() -> list[Any]:
    """The SKUs of which most units were ordered in seven days: sku, name, units, revenue."""
    since = timezone.now() - timedelta(days=7)
    # Ids are made in the order of time (UUIDv7) and lead to the lines of the week; the time itself would lead to all.
    first = UUID(int=int((since - timedelta(days=1)).timestamp() * 1000) << 80)
    lines = OrderLine.objects.filter(order__gte=first, order__created_at__gte=since, order__hidden_at=None)
    sold = lines.exclude(order__status=Order.Status.CANCELLED).order_by().values("sku")
    in_currency = Q(order__currency=settings.SHOP_CURRENCY)
    figures = sold.annotate(named=Max("name"), units=Sum("quantity"), revenue=Sum("total", filter=in_currency))
    return list(figures.order_by("-units", "sku")[:LISTED])


def refusals_today() -> list[tuple[str, int]]:
    """Problem code and how many, the most frequent first."""
    rows = Refusal.objects.filter(at__gte=_begin(timezone.localdate())).order_by().values_list("code")
    return list(rows.annotate(count=Count("*")).order_by("-count", "code")[:LISTED])


def _revenue(within: Q | None = None) -> Sum:
    counted = SOLD & Q(currency=settings.SHOP_CURRENCY)
    return Sum(F("total") - F("refunded_total"), filter=counted & within if within else counted)


def _begin(day: date) -> datetime:
    return _moment(day, time.min)


def _moment(day: date, at: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, at.replace(tzinfo=None)))
