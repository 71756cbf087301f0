"""Counters for throttles: how often something came in a window of the clock."""

from __future__ import annotations

import logging
import threading
import time
from typing import Protocol

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger(__name__)

MOST_KEYS = 100_000
"""Keys that a process keeps in one window. With more, all of them begin anew: memory has a bound, whoever calls."""
ANSWER_WITHIN = 0.2  # seconds for Valkey: it takes less than a millisecond, or is not well
LEFT_ALONE = 5.0  # seconds until Valkey is asked again after a failure


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


class SharedCounter:
    """Counts in Valkey, for all processes. While it is away, each process counts for itself."""

    def __init__(self, url: str) -> None:
        self._valkey = Redis.from_url(
            url,
            socket_timeout=ANSWER_WITHIN,
            socket_connect_timeout=ANSWER_WITHIN,
            retry=Retry(NoBackoff(), 0),
        )
        self._instead = ProcessCounter()
        self._away, self._ask_again = False, float("-inf")

    def count(self, key: str, window: int, seconds: int) -> int:
        if time.monotonic() < self._ask_again:
            return self._instead.count(key, window, seconds)
        name = f"throttle:{seconds}:{window}:{key}"
        try:
            with self._valkey.pipeline(transaction=True) as pipe:  # both or none: a key without an end would stay
                pipe.incr(name)
                pipe.expire(name, seconds)
                count, _ = pipe.execute()
        except RedisError as error:
            self._ask_again = time.monotonic() + LEFT_ALONE
            if not self._away:
                log.warning("Valkey cannot be reached, each process counts requests for itself: %s", error)
            self._away = True
            return self._instead.count(key, window, seconds)
        if self._away:
            log.info("Valkey can be reached again, and counts requests for all processes")
        self._away = False
        return int(count)
