"""Orders as a CSV file, one row each, for whoever keeps the books."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet, TextField, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Concat
from django.http import StreamingHttpResponse

from api.spreadsheets import Rows, download, guarded
from catalog.money import money
from orders.models import Order, OrderLine
from orders.reading.listing import NEWEST_FIRST

AT_ONCE = 500
"""Orders read and written at a time."""
COLUMNS = (
    *("number", "id", "status", "created_at", "email", "currency"),
    *("items", "shipping", "tax", "total", "refunded"),
    *("payment_method", "shipping_method", "country", "carrier", "tracking_number", "lines"),
)
FACTS = (
    *("number", "id", "status", "created_at", "email", "currency"),
    *("items_total", "shipping_total", "tax_total", "total", "refunded_total"),
    *("payment_method", "shipping_method_id", "country", "carrier", "tracking_number", "items"),
)


def response(orders: QuerySet[Order]) -> StreamingHttpResponse:
    """Newest first, beginning with the newest one there is: those that come in meanwhile are in the next file."""
    return download("orders.csv", COLUMNS, _batches(orders))


def _batches(orders: QuerySet[Order]) -> Generator[Rows, None, None]:
    """By keyset, so that nothing stays open in the database while a slow client takes its time, and the first batch
    does not wait for the last. Plain values: orders and lines as objects refer to each other, and stay in memory until
    the garbage is collected."""
    item = Concat(Cast("quantity", TextField()), Value(" × "), "sku", output_field=TextField())
    items = OrderLine.objects.filter(order=OuterRef("pk")).order_by("position").values(item=item)
    orders = orders.annotate(country=KT("shipping_address__country"), items=ArraySubquery(items))
    rows = orders.order_by(*NEWEST_FIRST).values_list(*FACTS, named=True)
    batch: list[Any] = list(rows[:AT_ONCE])
    while batch:
        yield map(_cells, batch)
        if len(batch) < AT_ONCE:
            return
        at, id = batch[-1].created_at, batch[-1].id
        batch = list(rows.filter(Q(created_at__lt=at) | Q(id__lt=id), created_at__lte=at)[:AT_ONCE])


def _cells(order: Any) -> list[str]:
    amounts = (order.items_total, order.shipping_total, order.tax_total, order.total, order.refunded_total)
    return [
        order.number,
        str(order.id),
        order.status,
        order.created_at.isoformat().replace("+00:00", "Z"),
        _text(order.email),
        order.currency,
        *(money(amount, order.currency) for amount in amounts),
        order.payment_method,
        order.shipping_method_id,
        order.country,
        _text(order.carrier),
        _text(order.tracking_number),
        "; ".join(order.items),
    ]


def _text(text: str) -> str:
    """What somebody wrote. A line's SKU needs no guard: the quantity stands before it."""
    return guarded(text) if text else ""
