"""Delivering an event as the relay and a queue would, without either."""

from __future__ import annotations

from django.db.models import Max

from events.consume import consume
from events.envelope import to_wire
from events.models import Event


def deliver(event: Event, consumer: str) -> None:
    """Gives the event the position that the relay would, and hands it to the consumer's task as the queue does."""
    if event.position is None:
        event.position = (Event.objects.aggregate(last=Max("position"))["last"] or 0) + 1
        event.save(update_fields=["position"])
    consume(consumer, to_wire(event).decode())
