"""Keyset pages: the cost of a page does not depend on how deep it lies, and no row is skipped or repeated.

A cursor is opaque to the client: the ordering it belongs to, the direction, and the sort values of the row where it
stands.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

import orjson
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import DateTimeField, Field, Model, Q, QuerySet
from django.http import HttpRequest
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from api.problems import Invalid
from api.serializers import StrictSerializer, TextField

M = TypeVar("M", bound=Model)
T = TypeVar("T")
DEFAULT_LIMIT, MAX_LIMIT = 20, 100


@extend_schema_field({"type": "string", "pattern": "^[A-Za-z0-9_-]+$"})
class CursorField(TextField):
    """A place in a list, as an answer's `next` or `previous` has it."""


class PageQuery(StrictSerializer):
    """The query parameters that every list takes; a list with filters adds its own fields."""

    limit = serializers.IntegerField(min_value=1, max_value=MAX_LIMIT, default=DEFAULT_LIMIT)
    cursor = CursorField(default="", max_length=2000)


def page(
    request: Request,
    rows: QuerySet[M],
    *,
    ordering: Sequence[str],
    limit: int,
    cursor: str,
    present: Callable[[M], Any],
) -> dict[str, Any]:
    """One page as `{"next", "previous", "results"}`, in one query plus those of the queryset's prefetches.

    `ordering` names fields, `-` before one that descends, and must end with a unique one. Raises 400 for a cursor that
    is damaged or belongs to another ordering.
    """
    backwards, values = read_cursor(cursor, ordering, [_typed(rows.model, name) for name in ordering])
    sort = [_flip(field) for field in ordering] if backwards else list(ordering)
    if values:
        rows = rows.filter(_beyond(sort, values))
    found = list(rows.order_by(*sort)[: limit + 1])
    more = len(found) > limit
    found = found[:limit]
    if backwards:
        found.reverse()
    has_next = (backwards and bool(values)) or (more and not backwards)
    has_previous = (not backwards and bool(values)) or (more and backwards)
    return {
        "next": _link(request, ordering, found, backwards=False) if has_next else None,
        "previous": _link(request, ordering, found, backwards=True) if has_previous else None,
        "results": [present(row) for row in found],
    }


def _beyond(sort: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows after `values`: a < x, or a = x and b < y, and so on; the bound on the first lets an index start there."""
    condition = Q()
    equal = Q()
    for field, value in zip(sort, values, strict=True):
        name = field.lstrip("-")
        comparison = "lt" if field.startswith("-") else "gt"
        condition |= equal & Q(**{f"{name}__{comparison}": value})
        equal &= Q(**{name: value})
    first = sort[0].lstrip("-")
    bound = "lte" if sort[0].startswith("-") else "gte"
    return Q(**{f"{first}__{bound}": values[0]}) & condition


def _flip(field: str) -> str:
    return field[1:] if field.startswith("-") else f"-{field}"


def _link(request: Request, ordering: Sequence[str], found: Sequence[Model], *, backwards: bool) -> str | None:
    if not found:
        return None
    row = found[0] if backwards else found[-1]
    values = [_plain(getattr(row, field.lstrip("-"))) for field in ordering]
    return page_url(request, make_cursor(ordering, values, backwards=backwards))


def page_url(request: HttpRequest | Request, cursor: str) -> str:
    """The address of the same list at another place."""
    given = [(key, value) for key, value in request.GET.items() if key != "cursor"]
    return f"{request.scheme}://{request.get_host()}{request.path}?{urlencode([*given, ('cursor', cursor)])}"


def make_cursor(ordering: Sequence[str], values: Sequence[Any], *, backwards: bool) -> str:
    """A place in a list: `values` are those of the row where it stands, as JSON can hold them."""
    raw = orjson.dumps([list(ordering), backwards, list(values)])
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def read_cursor(cursor: str, ordering: Sequence[str], typed: Sequence[Callable[[Any], T]]) -> tuple[bool, list[T]]:
    """Whether the cursor looks backwards, and its values, each as its function in `typed` makes it; none without one.

    Raises 400 where it is damaged, forged, or belongs to another ordering; so may the functions, by a ValueError.
    """
    if not cursor:
        return False, []
    try:
        given, backwards, values = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if given != list(ordering) or not isinstance(backwards, bool) or not isinstance(values, list):
            raise ValueError("the cursor belongs to another list")
        if any(value is None or isinstance(value, (list, dict)) or "\x00" in str(value) for value in values):
            raise ValueError("the cursor names no row")
        return backwards, [make(value) for make, value in zip(typed, values, strict=True)]
    except (binascii.Error, ValueError, TypeError, ArithmeticError, ValidationError):
        raise Invalid("cursor", "invalid_cursor", "This cursor is damaged or belongs to another list.") from None


def read_time(value: Any) -> datetime:
    """A time of a cursor's, in UTC as all that are ours: Python takes offsets that PostgreSQL does not."""
    time = datetime.fromisoformat(value)
    if time.utcoffset() != timedelta(0):
        raise ValueError("a time that is not in UTC is none of ours")
    return time


def read_id(value: Any) -> UUID:
    return UUID(str(value))


def _plain(value: Any) -> Any:
    return value if isinstance(value, (int, str)) else value.isoformat() if hasattr(value, "isoformat") else str(value)


def _typed(model: type[Model], name: str) -> Callable[[Any], Any]:
    try:
        field = model._meta.get_field(name.lstrip("-"))
    except FieldDoesNotExist:  # an annotation: the database compares it as it came
        return lambda value: value
    if isinstance(field, DateTimeField):
        return read_time
    return field.to_python if isinstance(field, Field) else lambda value: value
