"""Counters for throttles in Valkey. Its library takes 20 MiB of each process, so that only who has one loads this."""

from __future__ import annotations

import logging
import time

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from api.counting import ProcessCounter

log = logging.getLogger(__name__)

ANSWER_WITHIN = 0.2  # seconds for Valkey: it takes less than a millisecond, or is not well
LEFT_ALONE = 5.0  # seconds until Valkey is asked again after a failure


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
