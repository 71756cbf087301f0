"""What the code at hand is working on, for log lines, spans and recorded events: which process, which request, …"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")
"""The id of the request at hand."""

_ids: ContextVar[dict[str, str] | None] = ContextVar("ids", default=None)
_process = "command"


def process() -> str:
    """`web`, `live`, `worker`, `relay` or `beat`; `command` for whatever else was started."""
    return _process


def is_process(name: str) -> None:
    """Says which of the five this process is. Each says so once, where it starts."""
    global _process  # noqa: PLW0603  (a process is one thing, for as long as it lives)
    _process = name


@contextmanager
def concerning(**ids: str) -> Iterator[None]:
    """While it lasts, log lines carry these ids (`event_id`, `order_id`), and those that `note` adds."""
    token = _ids.set(dict(ids))
    try:
        yield
    finally:
        _ids.reset(token)


def note(**ids: str) -> None:
    """Adds ids to those of the request or event at hand; nothing where there is none."""
    if (known := _ids.get()) is not None:
        known.update(ids)


def ids() -> dict[str, str]:
    """What is at hand: `request_id`, and what was noted."""
    request_id = current_request_id.get()
    return ({"request_id": request_id} if request_id else {}) | (_ids.get() or {})
