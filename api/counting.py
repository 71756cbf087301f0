"""Counters for throttles: how often something came in a window of the clock."""

from __future__ import annotations

import threading
from typing import Protocol

MOST_KEYS = 100_000
"""Keys that a process keeps in one window. With more, all of them begin anew: memory has a bound, whoever calls."""


class Counter(Protocol):
    def count(self, key: str, window: int, seconds: int) -> int:
        """Counts one more of `key` in the window of that number, and says how many that makes."""


class ProcessCounter:
    """Counts in this process alone. A window that has ended takes all its keys with it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: dict[int, tuple[int, dict[str, int]]] = {}

    def count(self, key: str, window: int, seconds: int) -> int:
        with self._lock:
            number, counts = self._windows.get(seconds, (-1, {}))
            if number != window or len(counts) >= MOST_KEYS:
                counts = {}
                self._windows[seconds] = (window, counts)
            count = counts.get(key, 0) + 1
            counts[key] = count
        return count
