"""What happened to an order, newest first, told by every part of the shop that knows of something.

Each part registers a source of its own, so that orders need not know of invoices or mails: they lie in higher layers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest
from typing import Literal

from orders.models import Order

LIMIT = 200
"""Entries that are told of one order, and the most that a source needs to give."""

Mark = Literal["", "wait", "bad"]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing that happened. `link` is its own page, `links` are texts and addresses of what belongs to it."""

    at: datetime
    kind: str
    title: str
    text: str = ""
    by: str = ""
    link: str = ""
    links: tuple[tuple[str, str], ...] = ()
    mark: Mark = ""


Source = Callable[[Order], Iterable[Entry]]
"""Gives an order's newest entries of a kind, at most `LIMIT`, by a number of queries that does not grow."""

_sources: dict[str, tuple[str, Source]] = {}


def tells(kind: str, label: str) -> Callable[[Source], Source]:
    """Registers a source of the entries of one kind; `label` is what people call them."""

    def register(source: Source) -> Source:
        _sources[kind] = (label, source)
        return source

    return register


@dataclass(frozen=True)
class Timeline:
    entries: list[Entry]
    is_whole: bool

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """Kind and label of what there is."""
        told = {entry.kind for entry in self.entries}
        return [(kind, label) for kind, (label, _) in _sources.items() if kind in told]


def timeline(order: Order) -> Timeline:
    """The newest `LIMIT` entries of all sources together."""
    known = [entry for _, source in _sources.values() for entry in source(order)]
    return Timeline(nlargest(LIMIT, known, key=lambda entry: entry.at), is_whole=len(known) < LIMIT)
