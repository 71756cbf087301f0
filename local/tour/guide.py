"""What the tour prints, and how it judges: each step says what it does, what was sent and what came back."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")
PATIENCE = 30.0  # seconds to wait for what follows an order on its own
WIDTH = 110


class Disappointed(Exception):
    """A step did not hold: what was expected, and what came instead."""

    def __init__(self, expected: str, came: str) -> None:
        super().__init__(f"expected {expected}, got {came}")
        self.expected = expected
        self.came = came


class NotRunning(Exception):
    """There is no shop at the address, or it is not ready."""


class Guide:
    """Numbers the steps, times them, and keeps count."""

    def __init__(self) -> None:
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace", line_buffering=True)
        self.steps = 0
        self._began = time.monotonic()

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._began

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        self.steps += 1
        print(f"\n{self.steps:2}  {what}")
        began = time.monotonic()
        try:
            yield
        except Disappointed as wrong:
            print(
                f"    ✗ {time.monotonic() - began:.2f} s\n\n    expected  {wrong.expected}\n    came      {wrong.came}"
            )
            raise
        print(f"    ✓ {time.monotonic() - began:.2f} s")

    def sent(self, text: str) -> None:
        print(f"    → {_short(text)}")

    def came(self, text: str) -> None:
        print(f"    ← {_short(text)}")

    def note(self, text: str) -> None:
        print(f"      {_short(text)}")


def expect(expected: str, holds: bool, came: object) -> None:
    """Raises Disappointed unless it `holds`."""
    if not holds:
        raise Disappointed(expected, came if isinstance(came, str) else brief(came, 600))


def expect_equal(what: str, expected: object, came: object) -> None:
    expect(f"{what} {brief(expected, 300)}", expected == came, f"{what} {brief(came, 300)}")


def wait_for(what: str, look: Callable[[], T | None], within: float = PATIENCE) -> T:
    """What `look` finds, asked again until it is something. Raises Disappointed when the time is over."""
    until = time.monotonic() + within
    while (found := look()) is None:
        if time.monotonic() > until:
            raise Disappointed(f"{what} within {within:.0f} s", "nothing")
        time.sleep(0.1)
    return found


def brief(value: Any, length: int = WIDTH) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return _short(text, length)


def _short(text: str, length: int = WIDTH) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1]}…"
