"""Lists of recorded events, newest first: those that the relay has not seen yet, then the log from its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from rest_framework.request import Request

from api.pagination import make_cursor, page_url, read_cursor, read_id
from events import log
from events.models import Event
from events.presentation import event_json

CURSOR = ("end", "position", "id")
"""What a cursor says: where the log ended when the first page was read, and the event where the cursor stands; of one
behind that end the position is 0."""


def _position(value: Any) -> int:
    if not isinstance(value, int) or not 0 <= value < 2**63:
        raise ValueError("no position")
    return value


READ: Sequence[Callable[[Any], Any]] = (_position, _position, read_id)


def newest_first(request: Request, searches: Sequence[QuerySet[Event]], *, limit: int, cursor: str) -> dict[str, Any]:
    """A page of the events that `searches` find, none of them twice, as `{"next", "previous", "results"}`.

    A page is read from the ends of indexes, whatever the log holds, where each search names what one of them begins
    with before the position. Up to the log's end at the first page events come by position, behind it by id: so that
    one that gets its position while somebody turns the pages keeps its place. Raises 400 for a damaged cursor.
    """
    backwards, place = read_cursor(cursor, CURSOR, READ)
    end, position, id = place or (log.head(), 0, None)
    found: list[Event] = []
    for part, key in _parts(end, position, id, backwards):
        if len(found) <= limit:
            found += _first(searches, part, key, limit + 1 - len(found))
    more, found = len(found) > limit, found[:limit]
    if backwards:
        found.reverse()

    def link(row: Event, *, backwards: bool) -> str:
        in_log = row.position if row.position is not None and row.position <= end else 0
        return page_url(request, make_cursor(CURSOR, [end, in_log, str(row.id)], backwards=backwards))

    has_next, has_previous = (bool(place), more) if backwards else (more, bool(place))
    return {
        "next": link(found[-1], backwards=False) if found and has_next else None,
        "previous": link(found[0], backwards=True) if found and has_previous else None,
        "results": [_json(row) for row in found],
    }


def _parts(end: int, position: int, id: UUID | None, backwards: bool) -> list[tuple[Q, str]]:
    """What lies before or behind a place, in the order of reading: a condition, and the field that it is sorted by."""
    behind, in_log = Q(position=None) | Q(position__gt=end), Q(position__lte=end)
    sign, beyond = ("", "gt") if backwards else ("-", "lt")
    if position:
        in_log &= Q(**{f"position__{beyond}": position})
    elif id is not None:
        behind &= Q(**{f"id__{beyond}": id})
    parts = [(behind, f"{sign}id"), (in_log, f"{sign}position")]
    if backwards:
        return parts[::-1] if position else parts[:1]
    return parts[1:] if position else parts


def _first(searches: Sequence[QuerySet[Event]], part: Q, ordering: str, limit: int) -> list[Event]:
    """The first events of a part. Their positions are read first, for these an index holds by type.

    Asked for the rows at once, PostgreSQL may rather walk down the whole log and pass by what is of another type, in
    the belief that the types lie mixed: behind an import there are hundreds of thousands of no order.
    """
    field = ordering.removeprefix("-")
    keys = [search.filter(part).order_by(ordering).values_list(field)[:limit] for search in searches]
    first = keys[0].union(*keys[1:], all=True).order_by(ordering)[:limit] if len(keys) > 1 else keys[0]
    return list(Event.objects.filter(**{f"{field}__in": [key for (key,) in first]}).order_by(ordering))


def _json(row: Event) -> dict[str, Any]:
    return event_json(
        id=row.id, position=row.position, type=row.type, time=row.time, subject=row.subject, data=row.data
    )
