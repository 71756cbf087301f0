"""What is counted of events on their way."""

from __future__ import annotations

from django.conf import settings

from api.metrics import Metric

OUTBOX_LAG = Metric(
    name="OutboxLag", unit="Seconds", help="Age of the oldest event that is not published, each minute, by the relay."
)
OUTBOX_WAITING = Metric(name="OutboxWaiting", unit="Count", help="Events that are not published, each minute.")
HANDLED_AFTER = Metric(
    name="HandledAfter",
    unit="Seconds",
    help="From the moment that an event was recorded until its handler was done.",
    dimension="consumer",
    values=tuple(settings.EVENT_SUBSCRIPTIONS),
)
FAILURES = Metric(
    name="HandlerFailures",
    unit="Count",
    help="Deliveries of an event that failed, and come again.",
    dimension="consumer",
    values=(*settings.EVENT_SUBSCRIPTIONS, *settings.INBOUND_QUEUES),
)
