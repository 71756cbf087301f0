"""Reading the log by position, for those who follow it live."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from events.models import Event, LogHead

LONGEST_PAGE = 1000


def head() -> int:
    """The last position given so far; 0 in an empty log. Whoever reads on from here misses nothing that comes."""
    return LogHead.objects.values_list("position", flat=True).first() or 0


def events_after(
    position: int, *, limit: int, customer_id: UUID | None = None, types: Collection[str] | None = None
) -> list[Event]:
    """At most `limit` (1 to 1000) events that follow `position`, in order: a customer's own, or of some types, alone.

    Fewer than `limit` means that the log ends there for now.
    """
    if not 1 <= limit <= LONGEST_PAGE:
        raise ValueError(f"limit must be 1 to {LONGEST_PAGE}, not {limit}.")
    events = Event.objects.filter(position__gt=position).order_by("position")
    if customer_id is not None:
        events = events.filter(customer_id=customer_id)
    if types is not None:
        events = events.filter(type__in=types)
    return list(events[:limit])
