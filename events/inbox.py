"""One receipt per consumer and event: the second delivery of an event finds it and does nothing.

A handler is `handler(received: Received[SomeEvent]) -> None`, of one of two kinds:

- plain: it may take its time and talk to the outside (a mail, a PDF). It runs outside any transaction, and its receipt
  is marked done after it has returned. A crash in between runs it again: a second mail beats none.
- `@in_transaction`: its work in the database and the receipt commit together, so that the effect is exactly once. It
  must not call out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from api.postgresql.texts import storable
from events.base import DomainEvent
from events.envelope import Received
from events.models import Inbox

Handler = Callable[[Received[Any]], None]
H = TypeVar("H", bound=Callable[..., None])
_in_transaction: set[Callable[..., None]] = set()

CLAIM = """
INSERT INTO events_inbox
    (consumer, event_id, event_type, received_at, attempts, claimed_until, done_at, ignored, last_error)
VALUES (%(consumer)s, %(event_id)s, %(event_type)s, now(), 1, now() + %(lease)s * interval '1 second', NULL, false, '')
ON CONFLICT (consumer, event_id) DO UPDATE
SET attempts = events_inbox.attempts + 1, claimed_until = EXCLUDED.claimed_until, done_at = NULL, ignored = false
WHERE (events_inbox.done_at IS NULL OR events_inbox.ignored)
  AND (events_inbox.claimed_until IS NULL OR events_inbox.claimed_until <= now())
RETURNING attempts
"""


class ClaimedElsewhere(Exception):
    """Another worker is handling this very event: SQS is to deliver it again later."""


def in_transaction(handler: H) -> H:
    """Marks a handler whose effect is in the database alone: effect and receipt then commit in one transaction."""
    _in_transaction.add(handler)
    return handler


def run(handler: Handler, consumer: str, received: Received[DomainEvent]) -> bool:
    """Runs `handler` unless the consumer is done with this event; says whether it ran.

    Raises ClaimedElsewhere, or what the handler raised: the receipt then keeps the error and is free to be claimed.
    """
    attempt = _claim(consumer, received)
    if attempt is None:
        return False
    try:
        if handler in _in_transaction:
            with transaction.atomic():
                handler(received)
                if not _mark_done(consumer, received, attempt=attempt):
                    raise ClaimedElsewhere(f"{received.type} {received.id}: the claim of {consumer} ran out.")
        else:
            handler(received)
            _mark_done(consumer, received)
    except BaseException as error:
        _release(consumer, received, attempt, error)
        raise
    return True


def ignore(consumer: str, received: Received[DomainEvent]) -> None:
    """Keeps in view that the consumer was sent an event it has no handler for.

    The receipt is done, but once the consumer has learned the type, the event sent again is handled.
    """
    if _claim(consumer, received) is not None:
        _receipts(consumer, received).update(ignored=True, done_at=timezone.now(), claimed_until=None)


def _claim(consumer: str, received: Received[DomainEvent]) -> int | None:
    """The number of this attempt, or None where the event is done. The claim ends by itself when its worker dies."""
    with connection.cursor() as cursor:
        cursor.execute(
            CLAIM,
            {
                "consumer": consumer,
                "event_id": received.id,
                "event_type": received.type,
                "lease": settings.VISIBILITY_TIMEOUT,
            },
        )
        row = cursor.fetchone()
    if row is not None:
        return int(row[0])
    if _receipts(consumer, received).filter(done_at=None).exists():
        raise ClaimedElsewhere(f"{received.type} {received.id} is being handled by another worker of {consumer}.")
    return None


def _mark_done(consumer: str, received: Received[DomainEvent], *, attempt: int | None = None) -> bool:
    """Marks the receipt done; with `attempt`, only while that attempt still holds the claim."""
    receipts = _receipts(consumer, received)
    if attempt is not None:
        receipts = receipts.filter(attempts=attempt, done_at=None)
    return bool(receipts.update(done_at=timezone.now(), claimed_until=None, last_error=""))


def _release(consumer: str, received: Received[DomainEvent], attempt: int, error: BaseException) -> None:
    text = storable(f"{type(error).__name__}: {error}")[:2000]
    _receipts(consumer, received).filter(attempts=attempt, done_at=None).update(claimed_until=None, last_error=text)


def _receipts(consumer: str, received: Received[DomainEvent]) -> Any:
    return Inbox.objects.filter(consumer=consumer, event_id=received.id)
