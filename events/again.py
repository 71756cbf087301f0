"""Publishing events again: to everyone by their routes, or straight to one consumer."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from events import queues
from events.models import Event, Inbox


def to_all(*, events: QuerySet[Event]) -> int:
    """Has the relay publish events again; returns how many. Consumers that are done with one acknowledge it unseen."""
    return events.filter(position__isnull=False).update(
        published_at=None, attempts=0, next_attempt_at=None, last_error=""
    )


def to_consumer(*, events: QuerySet[Event], consumer: str, force: bool = False) -> int:
    """Puts events on one consumer's queue; returns how many. With `force` it forgets that it has handled them before.

    What a handler does by a row of its own (a mail that was sent, an invoice) it finds done and does not do twice. A
    receipt that a worker holds at this moment is kept.
    """
    positioned = events.filter(position__isnull=False).order_by("position")
    if force:
        with transaction.atomic():
            Inbox.objects.filter(
                consumer=consumer, event_id__in=positioned.order_by().values("id"), claimed_until=None
            ).delete()
    return queues.deliver(consumer, positioned.iterator(chunk_size=500))
