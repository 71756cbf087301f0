"""The admin's first page: what happened today, what waits for somebody, and what is wrong."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from catalog.admin.filters import LOW
from catalog.admin.shown import amount, list_url
from catalog.models import Variant
from events.models import Event, Inbox
from notifications.models import Mail
from orders.admin import figures
from orders.admin.page import COLOURS
from orders.models import Order

PATIENCE = timedelta(minutes=5)
"""After this, an event that is not published, or not done, is worth a look."""


@dataclass(frozen=True)
class Trouble:
    """Something that is wrong, and the list that shows all of it."""

    text: str
    url: str
    details: list[str]


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What unfold calls with the index page's context (DASHBOARD_CALLBACK)."""
    sees = request.user.has_perm
    if sees("orders.view_order"):
        context["sales"] = _sales()
    warnings = [
        *(_mails() if sees("notifications.view_mail") else []),
        *(_events() if sees("events.view_event") else []),
    ]
    low = _low_stock() if sees("catalog.view_variant") else None
    return context | {"warnings": warnings, "low_stock": low, "title": "Today"}


def _sales() -> dict[str, Any]:
    days, (today, yesterday, last_week) = figures.days(), figures.until_now()
    weekday = f"{timezone.localdate() - timedelta(days=7):%A}"
    waiting, late = figures.open_orders(), figures.latest_first().select_related("shipping_method")
    return {
        "cards": [
            {
                "label": "Orders today",
                "value": f"{today.orders:,}",
                "before": _before(today, yesterday, last_week, weekday, "orders"),
            },
            {
                "label": "Revenue today",
                "value": money(today.revenue),
                "before": _before(today, yesterday, last_week, weekday, "revenue"),
            },
            {"label": "To confirm", "value": f"{waiting['pending']:,}", "url": _orders(status__exact="pending")},
            {"label": "To ship", "value": f"{waiting['confirmed']:,}", "url": _orders(status__exact="confirmed")},
        ],
        "late": list(late[: figures.LISTED]),
        "late_count": _few(late),
        "late_url": _orders(late="yes"),
        "late_hours": settings.ORDER_LATE_HOURS,
        "days": [(day.date, day.orders, money(day.revenue)) for day in reversed(days)],
        "orders_chart": _chart(days, "Orders", [day.orders for day in days], "--color-primary-600"),
        "revenue_chart": _chart(
            days, f"Revenue in {settings.SHOP_CURRENCY}", [float(day.revenue) for day in days], "--color-primary-600"
        ),
        "currency": settings.SHOP_CURRENCY,
        "states": _states(days),
        "best_sellers": [
            row | {"revenue": money(row["revenue"] or Decimal(0)), "url": _orders(q=row["sku"])}
            for row in figures.best_sellers()
        ],
        "refusals": figures.refusals_today(),
        "refusals_url": list_url("orders_refusal"),
    }


def _before(today: Any, yesterday: Any, last_week: Any, weekday: str, what: str) -> list[dict[str, str]]:
    return [
        _compared(getattr(today, what), getattr(then, what), when)
        for then, when in ((yesterday, "yesterday"), (last_week, f"last {weekday}"))
    ]


def _compared(now: Any, then: Any, when: str) -> dict[str, str]:
    value = money(then) if isinstance(then, Decimal) else f"{then:,}"
    change = f"{(now - then) / then:+.0%}" if then else ""
    return {"when": when, "value": value, "change": change, "way": "up" if now > then else "down" if now < then else ""}


def _states(days: list[figures.Day]) -> list[dict[str, Any]]:
    totals = sum((day.states for day in days), start=Counter())
    return [
        {"name": status, "count": totals[status], "colour": COLOURS[status], "url": _orders(status__exact=status)}
        for status in Order.Status.values
        if totals[status]
    ]


def _chart(days: list[figures.Day], label: str, values: list[float], colour: str) -> str:
    """As unfold's chart component takes it."""
    dataset = {
        "label": label,
        "data": values,
        "backgroundColor": f"var({colour})",
        "borderColor": f"var({colour})",
        "maxBarThickness": 14,
        "displayYAxis": True,
        "maxTicksXLimit": 8,
    }
    return json.dumps({"labels": [f"{day.date:%-d %b}" for day in days], "datasets": [dataset]})


def _mails() -> list[Trouble]:
    failed = Mail.objects.filter(status=Mail.Status.FAILED).order_by("-created_at")
    details = [f"to {mail.to}: {(mail.outcome or mail.last_error)[:120]}" for mail in failed.defer("text", "html")[:3]]
    url = list_url("notifications_mail", status__exact="failed")
    return [Trouble(f"{_few(failed)} mail(s) failed", url, details)] if details else []


def _events() -> list[Trouble]:
    before = timezone.now() - PATIENCE
    unpublished = Event.objects.filter(published_at=None, time__lt=before).order_by("position")
    undone = Inbox.objects.filter(done_at=None, received_at__lt=before).order_by("received_at")
    dead = undone.filter(attempts__gte=settings.MAX_RECEIVES)
    warnings = []
    if details := [f"{event.type}: {event.last_error[:120] or 'no error'}" for event in unpublished[:3]]:
        url = list_url("events_event", state="waiting")
        warnings.append(Trouble(f"{_few(unpublished)} event(s) not published", url, details))
    if details := [f"{row.consumer}, {row.event_type}: {row.last_error[:120]}" for row in undone[:3]]:
        url = list_url("events_inbox", state="undone")
        text = f"{_few(undone)} event(s) not done by a listener, {_few(dead)} of them given up"
        warnings.append(Trouble(text, url, details))
    return warnings


def _low_stock() -> dict[str, Any]:
    low = Variant.objects.filter(LOW).select_related("product").order_by("stock", "sku")
    return {
        "variants": list(low[: figures.LISTED]),
        "count": _few(low),
        "url": list_url("catalog_variant", stock="low"),
    }


def _few(rows: QuerySet[Any]) -> str:
    count = rows.order_by()[: figures.COUNTED + 1].count()
    return f"more than {figures.COUNTED:,}" if count > figures.COUNTED else str(count)


def _orders(**query: object) -> str:
    return list_url("orders_order", **query)


def money(value: Decimal) -> str:
    text, _, currency = amount(value, settings.SHOP_CURRENCY).partition(" ")
    return f"{Decimal(text):,} {currency}"
