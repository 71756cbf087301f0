"""What each part of the shop stores about a person. It registers itself: orders and mails lie in higher layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from accounts.models import User

M = TypeVar("M", bound=Model)
AT_ONCE = 200
"""Rows that are read at a time."""

Source = Callable[[User], Iterable[Any] | dict[str, Any]]
"""All of one kind that is stored about a person, as JSON can hold it: one object, or however many, a row at a time."""

Hindrance = Callable[[User], None]
"""Raises a Conflict where an account cannot be deleted yet."""

Eraser = Callable[[User], None]
"""Forgets what need not be kept of an account, which still has its name and address; by statements that do not grow in
number. It runs in the transaction that deletes the account, so that it must not call out."""

sources: dict[str, Source] = {}
hindrances: list[Hindrance] = []
erasers: list[Eraser] = []


def tells(name: str) -> Callable[[Source], Source]:
    """Registers what stands under `name` in a person's file."""

    def register(source: Source) -> Source:
        sources[name] = source
        return source

    return register


def hinders(hindrance: Hindrance) -> Hindrance:
    """Registers what keeps an account from being deleted."""
    hindrances.append(hindrance)
    return hindrance


def erases(eraser: Eraser) -> Eraser:
    """Registers what has to be forgotten with an account."""
    erasers.append(eraser)
    return eraser


def in_batches(rows: QuerySet[M]) -> Iterator[M]:
    """All of `rows` in the order of their ids, and never more than a batch of them in memory.

    The ids are asked for first, along the index that the filter has. Asked for the next rows after an id, PostgreSQL
    may walk through everybody's.
    """
    ids = sorted(rows.order_by().values_list("pk", flat=True))
    for start in range(0, len(ids), AT_ONCE):
        yield from rows.filter(pk__in=ids[start : start + AT_ONCE]).order_by("pk")
