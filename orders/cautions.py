"""What staff must know before they do anything with an order, said by every part of the shop that knows of something.

As with the timeline, each part registers a source of its own: orders need not know of mails, which lie higher.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from orders.models import Order


@dataclass(frozen=True)
class Caution:
    text: str
    link: str


Source = Callable[[Order], Iterable[Caution]]
"""Gives a few, by a number of queries that does not grow."""

_sources: list[Source] = []


def warns(source: Source) -> Source:
    """Registers a source of cautions."""
    _sources.append(source)
    return source


def cautions(order: Order) -> list[Caution]:
    return [caution for source in _sources for caution in source(order)]
