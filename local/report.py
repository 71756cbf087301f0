"""What the commands print: each step with its mark and its time, and failures in words instead of a traceback.

Runs under the system's Python before anything is installed: the standard library only.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

STARTED = "SHOP_LOCAL_STARTED"
"""Hands the moment of the start over to the Python of `.venv`, which the command continues in."""


class Trouble(Exception):
    """What keeps a command from going on. Its text is for the person at the keyboard: what is wrong, and what to do."""


class Report:
    def __init__(self) -> None:
        # A terminal in the C locale must not be what breaks a start.
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace", line_buffering=True)
        self.live = sys.stdout.isatty()
        self.started = float(os.environ.get(STARTED) or time.monotonic())

    @property
    def elapsed(self) -> float:
        """Seconds since the command was called, the preparation of `.venv` included."""
        return time.monotonic() - self.started

    def line(self, text: str = "") -> None:
        print(text, flush=True)

    def note(self, text: str) -> None:
        """Something that happened by itself, with the time of day: a process that died, one that was started again."""
        self.line(f"  {time.strftime('%H:%M:%S')}  {text}")

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Says what is being done, and afterwards whether it worked and how long it took."""
        begun = time.monotonic()
        if self.live:
            print(f"  · {what} …", end="\r", flush=True)
        try:
            yield
        except BaseException:
            self.done(what, time.monotonic() - begun, mark="✗")
            raise
        self.done(what, time.monotonic() - begun)

    def done(self, what: str, seconds: float, *, mark: str = "✓") -> None:
        self.line(f"  {mark} {what:<66} {seconds:6.1f} s")
