"""What the timeline tells from the orders' own tables, the stock ledger and the event log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import groupby
from typing import Any, Protocol

from django.conf import settings
from django.urls import reverse

from catalog.admin.shown import amount
from catalog.models import StockMovement
from events.models import Event, Inbox
from orders.models import AddressChange, Note, Order, OrderHistory, Refund, Shipment
from orders.timeline import LIMIT, Entry, tells

STATUS_TITLES = {"pending": "Placed"}
AT_ONCE = timedelta(seconds=2)
"""Within this, the movements of one use case lie: it has one transaction."""


class Counted(Protocol):
    line: Any
    quantity: int


@tells("status", "States")
def states(order: Order) -> Iterator[Entry]:
    for row in OrderHistory.objects.filter(order=order):
        title = STATUS_TITLES.get(row.status, str(row.status).capitalize())
        yield Entry(at=row.at, kind="status", title=title, text=row.reason, by=row.by)


@tells("parcel", "Parcels")
def parcels(order: Order) -> Iterator[Entry]:
    rows = Shipment.objects.filter(order=order).order_by("-at").prefetch_related("lines__line")
    for row in rows[:LIMIT]:
        links = ((row.tracking_number, row.tracking_url),) if row.tracking_url else ()
        number = "" if row.tracking_url else f" · {row.tracking_number}"
        title = f"Parcel by {row.carrier}"
        yield Entry(at=row.at, kind="parcel", title=title, text=units(row.lines.all()) + number, by=row.by, links=links)


@tells("refund", "Refunds")
def refunds(order: Order) -> Iterator[Entry]:
    rows = Refund.objects.filter(order=order).order_by("-at").prefetch_related("restocked__line")
    for row in rows[:LIMIT]:
        back = units(row.restocked.all())
        text = f"{row.reason} · back in stock: {back}" if back else row.reason
        title = f"Refund of {amount(row.amount, order.currency)}"
        yield Entry(at=row.at, kind="refund", title=title, text=text, by=row.by)


@tells("note", "Notes")
def notes(order: Order) -> Iterator[Entry]:
    for row in Note.objects.filter(order=order).order_by("-id")[:LIMIT]:
        title = "Note, shown to the buyer" if row.for_buyer else "Internal note"
        yield Entry(at=row.at, kind="note", title=title, text=row.text, by=row.by)


@tells("address", "Addresses")
def address_changes(order: Order) -> Iterator[Entry]:
    for row in AddressChange.objects.filter(order=order).order_by("-id")[:LIMIT]:
        before = ", ".join(address_lines(row.before)) if row.before else "the same as the shipping address"
        title = f"{str(row.kind).capitalize()} address changed"
        yield Entry(at=row.at, kind="address", title=title, text=f"Before: {before}", by=row.by)


@tells("stock", "Stock")
def stock(order: Order) -> Iterator[Entry]:
    """Of one use case, one entry."""
    rows = StockMovement.objects.filter(order_id=order.pk).select_related("variant").order_by("-id")
    verbs = {"order": "Taken from stock", "cancel": "Put back into stock", "return": "Returned to stock"}
    for _, together in groupby(rows[:LIMIT], key=_use_case()):
        moved = list(together)
        first = moved[0]
        yield Entry(
            at=first.created_at,
            kind="stock",
            title=verbs.get(first.reason, "Stock"),
            text=", ".join(f"{abs(one.delta)} × {one.variant.sku}" for one in reversed(moved)),
            by=first.by,
        )


@tells("event", "Events")
def events(order: Order) -> Iterator[Entry]:
    """With how far each has come: published, and what its listeners have made of it."""
    rows = list(Event.objects.filter(subject=f"order/{order.pk}").order_by("-position")[:LIMIT])
    receipts: dict[tuple[str, Any], Inbox] = {
        (receipt.consumer, receipt.event_id): receipt
        for receipt in Inbox.objects.filter(
            consumer__in=list(settings.EVENT_SUBSCRIPTIONS), event_id__in=[row.id for row in rows]
        )
    }
    for row in rows:
        listeners = [name for name, types in settings.EVENT_SUBSCRIPTIONS.items() if row.type in types]
        came = {name: _came(receipts.get((name, row.id))) for name in listeners}
        published = "published" if row.published_at else f"not published: {row.last_error}" if row.last_error else ""
        failed = bool(row.last_error and not row.published_at) or "failed" in came.values()
        text = [published or "waits to be published", *(f"{name} {state}" for name, state in came.items())]
        link = reverse("admin:events_event_change", args=[row.pk])
        yield Entry(
            at=row.time,
            kind="event",
            title=row.type,
            text=" · ".join(text),
            link=link,
            mark="bad" if failed else "" if row.published_at else "wait",
        )


def units(rows: Iterable[Counted]) -> str:
    return ", ".join(f"{row.quantity} × {row.line.sku}" for row in rows)


def address_lines(address: dict[str, str]) -> list[str]:
    """An address as it stands on a parcel. One from other hands may lack what ours have."""
    has = {name: str(value or "") for name, value in address.items()}
    place = f"{has.get('postal_code', '')} {has.get('city', '')}".strip()
    parts = [has.get("name", ""), has.get("line1", ""), has.get("line2", ""), place]
    return [line for line in (*parts, has.get("region", ""), has.get("country", "")) if line]


def _came(receipt: Inbox | None) -> str:
    if receipt is None:
        return "not yet"
    if receipt.done_at:
        return "done"
    return "failed" if receipt.last_error else "begun"


def _use_case() -> Any:
    """A key that stays the same while movements have one reason and person, and follow each other at once."""
    last: StockMovement | None = None
    number = 0

    def key(row: StockMovement) -> int:
        nonlocal last, number
        if last and ((last.reason, last.by) != (row.reason, row.by) or last.created_at - row.created_at > AT_ONCE):
            number += 1
        last = row
        return number

    return key
