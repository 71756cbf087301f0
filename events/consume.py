"""The one Celery task through which every event reaches its handler."""

from __future__ import annotations

import logging

from celery import shared_task
from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from api import metrics, tracing
from api.context import concerning
from api.logs import words_of
from events import inbox
from events.base import DomainEvent
from events.envelope import BadMessage, Received, parse
from events.metrics import FAILURES, HANDLED_AFTER
from events.transport import CONSUME

log = logging.getLogger(__name__)


@shared_task(name=CONSUME, throws=(BadMessage, inbox.ClaimedElsewhere))
def consume(consumer: str, body: str) -> None:
    """Hands the event in `body` to the handler that `shop/subscriptions.py` names for `consumer`.

    Whatever is raised leaves the message on its queue, to come again later and in the end lie in the dead-letter queue:
    an unknown type too, for in the middle of a deploy an old worker may meet a new event. A type that this code knows
    and `consumer` does not listen to is acknowledged, and seen as ignored in the inbox.

    A message of an inbound queue is no event: its taker gets the body as it is, each time that it comes.
    """
    if taker := settings.INBOUND_QUEUES.get(consumer):
        _take(consumer, taker, body)
        return
    handlers = settings.EVENT_SUBSCRIPTIONS.get(consumer)
    try:
        if handlers is None:
            raise BadMessage("not_a_task", f"the queue {consumer!r} takes Celery's messages and no others.")
        received = parse(body)
    except BadMessage as error:
        log.error("%s: a message is refused: %s", consumer, error)
        metrics.put(FAILURES, of=consumer)
        raise
    path = handlers.get(received.type)
    if path is None:
        inbox.ignore(consumer, received)
        log.warning("%s: %s %s is ignored, there is no handler", consumer, received.type, received.id)
        return
    with concerning(event_id=str(received.id), **_order(received.event)):
        _handle(path, consumer, received)


def _handle(path: str, consumer: str, received: Received[DomainEvent]) -> None:
    facts = {"event_id": str(received.id), "subject": received.subject}
    try:
        with tracing.span(f"{consumer}: {received.type}", facts, kind="consumer", parent=received.traceparent):
            ran = inbox.run(import_string(path), consumer, received)
    except Exception as error:
        what = type(error).__name__
        log.error("%s: %s %s failed: %s: %s", consumer, received.type, received.id, what, words_of(error))
        metrics.put(FAILURES, of=consumer)
        raise
    if ran:
        metrics.put(HANDLED_AFTER, (timezone.now() - received.time).total_seconds(), of=consumer)
    else:
        log.info("%s: %s %s came again and is done already", consumer, received.type, received.id)


def _order(event: DomainEvent) -> dict[str, str]:
    """The order that it tells of, for the log."""
    order_id = getattr(event, "order_id", "")
    return {"order_id": order_id} if order_id else {}


def _take(queue: str, path: str, body: str) -> None:
    try:
        import_string(path)(body)
    except Exception as error:
        log.error("%s: a message failed: %s: %s", queue, type(error).__name__, words_of(error))
        metrics.put(FAILURES, of=queue)
        raise
