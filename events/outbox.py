"""Recording an event: a row in the same transaction as the change that it tells of."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.db import connection

from api import tracing
from api.context import current_request_id
from events.base import DomainEvent
from events.models import Event


def record(event: DomainEvent, *, customer_id: UUID | None = None) -> Event:
    """Writes `event` to the outbox; it is published if, and only if, the caller's transaction commits.

    `customer_id` names the customer who may follow it live. Raises RuntimeError outside a transaction, and for a type
    that `shop/subscriptions.py` gives no route.
    """
    row = recorded(event, customer_id=customer_id)
    row.save(force_insert=True)
    return row


def record_all(events: Iterable[DomainEvent]) -> None:
    """As `record`, for many events in one statement."""
    Event.objects.bulk_create([recorded(event) for event in events])


def recorded(event: DomainEvent, *, customer_id: UUID | None = None) -> Event:
    """The row of the outbox, not yet written: for a caller who writes it in one statement with the change itself."""
    if not connection.in_atomic_block:
        raise RuntimeError(f"{event.type()} must be recorded in the transaction of the change that it tells of.")
    if event.type() not in settings.EVENT_ROUTES:
        raise RuntimeError(f"{event.type()} has no route: add it to shop/subscriptions.py.")
    return Event(
        type=event.type(),
        version=event.version,
        subject=event.subject,
        data=event.data(),
        customer_id=customer_id,
        request_id=current_request_id.get(),
        traceparent=tracing.traceparent(),
    )
