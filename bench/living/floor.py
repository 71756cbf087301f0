"""The least that a live update takes: from an event's time until a bare connection to PostgreSQL has heard of it."""

from __future__ import annotations

import threading
import time
from bisect import bisect_left

import psycopg

from bench.proving.report import Spread

TIMES = "SELECT position, extract(epoch FROM time)::float8 FROM events_event WHERE position > %s AND position <= %s"


class Floor:
    """Listens while the `with` lasts: the relay's pace is in it, and neither hub nor socket."""

    def __init__(self, database: str) -> None:
        self._database = database
        self._heads: list[int] = []
        self._moments: list[float] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Floor:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def spread(self) -> Spread:
        """Of the events whose positions were told of, but for those of the first notification."""
        if not self._heads:
            return Spread.of([])
        with psycopg.connect(self._database) as db:
            rows = db.execute(TIMES, [self._heads[0], self._heads[-1]]).fetchall()
        return Spread.of(self._moments[bisect_left(self._heads, position)] - time for position, time in rows)

    def _listen(self) -> None:
        from events.log import CHANNEL  # Django is not ready when a bench begins

        with psycopg.connect(self._database, autocommit=True) as db:
            db.execute(f"LISTEN {CHANNEL}")
            while not self._over.is_set():
                for note in db.notifies(timeout=0.2, stop_after=1):
                    self._heads.append(int(note.payload))
                    self._moments.append(time.time())
