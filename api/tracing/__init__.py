"""Traces: what became of one request, through all processes, as a tree of spans.

A span's name and parent go along in the event (`traceparent`, W3C Trace Context), so that the mail that a worker sends
an hour later still hangs below the POST that asked for it. By the setting `TRACES` spans go to a collector, a file or
the console; without it nothing is loaded and nothing is done.

No span is told an address, a token or a person's name: traces are kept longer, and seen by more people, than orders.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import TracebackType
from typing import Literal

from django.conf import settings

Kind = Literal["internal", "server", "client", "producer", "consumer"]
Facts = Mapping[str, str | int]
TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")
"""Trace, span and flags. https://www.w3.org/TR/trace-context/#traceparent-header"""


class Span:
    """One step of the way, from `span()` until `end()`, or as long as a `with` lasts, which makes it the parent of the
    spans within. This one is none, for tracing is off: it does nothing.
    """

    traceparent = ""
    """How whoever goes on elsewhere names it as the parent."""

    def __enter__(self) -> Span:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        pass

    def rename(self, name: str) -> None:
        pass

    def tell(self, facts: Facts) -> None:
        pass

    def fail(self, error: str) -> None:
        pass

    def end(self) -> None:
        pass


OFF = Span()


def span(name: str, facts: Facts | None = None, *, kind: Kind = "internal", parent: str | None = None) -> Span:
    """Begins a span: below `parent`, a traceparent; without one, below the span at hand; with "", as a new trace."""
    if settings.TRACES == "off":
        return OFF
    from api.tracing import exporting  # OpenTelemetry takes a quarter of a second and 14 MiB, where it is used

    return exporting.begin(name, facts or {}, kind=kind, parent=parent)


def traceparent() -> str:
    """The span at hand, for an event that is recorded; empty while there is none."""
    if settings.TRACES == "off":
        return ""
    from api.tracing import exporting

    return exporting.at_hand()


def read(text: object) -> str:
    """`text` where it is a traceparent, else empty: a trace that is cut beats an event that is refused for it."""
    return text if isinstance(text, str) and TRACEPARENT.fullmatch(text) else ""


def flush() -> None:
    """Sends what has ended, before the process does."""
    if settings.TRACES != "off":
        from api.tracing import exporting

        exporting.flush()
