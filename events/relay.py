"""The relay: gives recorded events their place in the log, wakes the live feed, and publishes; then marks.

One relay is active, by an advisory lock that belongs to its one connection. All that it writes goes through that very
connection, so that a relay that has lost its lock, which is to say its connection, can write nothing.
"""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
from django.conf import settings
from django.db import connections
from psycopg.rows import dict_row

from api import metrics
from api.postgresql import passwords
from api.postgresql.texts import storable
from events import publishers
from events.log import CHANNEL
from events.metrics import OUTBOX_LAG, OUTBOX_WAITING
from events.models import Event
from events.publishers import Entry, Outcome

log = logging.getLogger(__name__)

LOCK = 0x73686F70  # "shop": any number that nothing else in this database locks
POLL = 0.05  # seconds; a new event is noticed within it
LOCK_POLL = 0.5  # seconds; a waiting relay takes over within it
DUE_POLL = 1.0  # seconds between looks for retries that have become due, while nothing new comes in
CALLS = 8  # batches under way at once
FETCH = 200  # rows in one look
ALONE_AFTER = 3  # failures after which an event goes in a batch of its own, lest it fail its neighbours
LONGEST_WAIT = 300  # seconds between two attempts at one event
LONGEST_REST = 30  # seconds that a route rests after calls that failed as a whole
LONGEST_RECONNECT = 5.0
MEASURE = 60.0  # seconds between two looks at how far it is behind

# One statement is one transaction: positions, head and NOTIFY commit together. Only rows that are committed are seen,
# so an event that commits late gets a later position, never one that a reader has passed. Among those that are seen at
# once, the transactions' own numbers say which came first: ids are made of the recorders' clocks, which may differ.
GIVE_POSITIONS = """
WITH due AS (
    SELECT id, row_number() OVER (ORDER BY age(xmin) DESC, id) AS n FROM events_event WHERE position IS NULL
    ORDER BY n LIMIT 1000
),
head AS (
    INSERT INTO events_loghead (id, position)
    SELECT 1, coalesce((SELECT max(position) FROM events_event), 0) + (SELECT count(*) FROM due)
    WHERE EXISTS (SELECT FROM due)
    ON CONFLICT (id) DO UPDATE SET position = events_loghead.position + (SELECT count(*) FROM due)
    RETURNING position - (SELECT count(*) FROM due) AS base
),
given AS (
    UPDATE events_event AS e SET position = head.base + due.n FROM due, head WHERE e.id = due.id RETURNING e.position
)
SELECT count(*) AS given, pg_notify(%(channel)s, max(position)::text) FROM given HAVING count(*) > 0
"""
DUE = """
SELECT id, type, version, subject, data, time, position, attempts, traceparent FROM events_event
WHERE published_at IS NULL AND position IS NOT NULL AND (next_attempt_at IS NULL OR next_attempt_at <= now())
  AND type <> ALL(%(resting)s) AND id <> ALL(%(under_way)s)
ORDER BY position LIMIT %(limit)s
"""
BEHIND = """
SELECT count(*) AS waiting, greatest(coalesce(extract(epoch FROM now() - min(time)), 0), 0)::float8 AS lag
FROM events_event WHERE published_at IS NULL
"""
MARK_PUBLISHED = """
UPDATE events_event SET published_at = now(), next_attempt_at = NULL, last_error = '' WHERE id = ANY(%(ids)s)
"""
MARK_FAILED = """
UPDATE events_event AS e SET attempts = attempts + 1, last_error = left(f.error, 2000),
    next_attempt_at = now() + least(%(longest)s, power(2, least(attempts, 20))) * interval '1 second'
FROM unnest(%(ids)s::uuid[], %(errors)s::text[]) AS f (id, error) WHERE e.id = f.id AND e.published_at IS NULL
"""


@dataclass
class Route:
    """How a route is doing: after a call that failed as a whole it rests, longer each time."""

    rest_until: float = 0.0
    failures: int = 0

    def heard(self, outcome: Outcome) -> None:
        self.failures = self.failures + 1 if outcome.down else 0
        self.rest_until = time.monotonic() + min(LONGEST_REST, 2.0**self.failures / 2) if outcome.down else 0.0


@dataclass
class Relay:
    """Runs until `stop` is set. Neither PostgreSQL nor AWS going away ends it."""

    stop: threading.Event = field(default_factory=threading.Event)
    active: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._routes = {publishers.TOPIC: Route(), publishers.BUS: Route()}
        self._under_way: dict[Future[Outcome], tuple[str, list[Entry]]] = {}
        self._next_look = 0.0
        self._next_measure = 0.0

    def run(self) -> None:
        pause = 0.1
        with ThreadPoolExecutor(CALLS, thread_name_prefix="publish") as self._executor:
            while not self.stop.is_set():
                try:
                    with _connect() as connection:
                        if self._wait_for_lock(connection):
                            pause = 0.1
                            log.info("active")
                            self.active.set()
                            self._work(connection)
                except psycopg.Error as error:
                    passwords.changed(error)
                    log.error("PostgreSQL is lost, trying again in %.1f s: %s", pause, str(error).strip())
                    self.stop.wait(pause)
                    pause = min(pause * 2, LONGEST_RECONNECT)
                finally:
                    self.active.clear()
        log.info("stopped")

    def _wait_for_lock(self, connection: psycopg.Connection[Any]) -> bool:
        """Asks again and again: a wait inside PostgreSQL would hold back vacuum and ignore SIGTERM."""
        waiting = False
        while not self.stop.is_set():
            if connection.execute("SELECT pg_try_advisory_lock(%s) AS taken", [LOCK]).fetchone()["taken"]:  # type: ignore[index]
                return True
            if not waiting:
                log.info("waiting: another relay is active")
                waiting = True
            self.stop.wait(LOCK_POLL)
        return False

    def _work(self, connection: psycopg.Connection[Any]) -> None:
        self._next_look = 0.0
        while not self.stop.is_set():
            given = connection.execute(GIVE_POSITIONS, {"channel": CHANNEL}).fetchone()
            if given is not None:
                self._next_look = 0.0
            self._mark_finished(connection)
            self._start_due(connection)
            self._measure(connection)
            if self._under_way:
                wait(self._under_way, timeout=POLL, return_when=FIRST_COMPLETED)
            elif self._next_look > time.monotonic():
                self.stop.wait(POLL)
        wait(self._under_way)  # each call's own timeouts bound it
        self._mark_finished(connection)

    def _start_due(self, connection: psycopg.Connection[Any]) -> None:
        """Hands due events to the publishing threads. Calls under way keep nobody from getting a position meanwhile."""
        now = time.monotonic()
        if now < self._next_look or len(self._under_way) >= CALLS:
            return
        resting = [
            type
            for type, route in settings.EVENT_ROUTES.items()
            if (rest := self._routes[route].rest_until) and now < rest
        ]
        under_way = [item.id for _, entries in self._under_way.values() for item in entries]
        rows = connection.execute(DUE, {"resting": resting, "under_way": under_way, "limit": FETCH}).fetchall()
        self._next_look = 0.0 if len(rows) == FETCH else now + DUE_POLL
        errors: dict[UUID, str] = {}
        together: dict[str, list[Entry]] = {route: [] for route in self._routes}
        for row in rows:
            try:
                entry = publishers.entry(Event(**row))
                route = settings.EVENT_ROUTES[row["type"]]
            except (KeyError, TypeError, ValueError) as error:
                errors[row["id"]] = f"It cannot be published. {type(error).__name__}: {error}"
                continue
            if row["attempts"] >= ALONE_AFTER:
                self._start(route, [entry])
            else:
                together[route].append(entry)
        for route, entries in together.items():
            for batch in publishers.batches(entries):
                self._start(route, batch)
        _mark(connection, Outcome(failed=errors))

    def _measure(self, connection: psycopg.Connection[Any]) -> None:
        if not metrics.wanted() or time.monotonic() < self._next_measure:
            return
        self._next_measure = time.monotonic() + MEASURE
        behind: dict[str, Any] = connection.execute(BEHIND).fetchone()  # type: ignore[assignment]  # an aggregate
        metrics.put(OUTBOX_LAG, behind["lag"])
        metrics.put(OUTBOX_WAITING, behind["waiting"])

    def _start(self, route: str, batch: list[Entry]) -> None:
        self._under_way[self._executor.submit(publishers.publish, route, batch)] = (route, batch)

    def _mark_finished(self, connection: psycopg.Connection[Any]) -> None:
        """Marks what has been answered. A call stays listed until its mark is written, across a lost connection too."""
        for future in [one for one in self._under_way if one.done()]:
            route, batch = self._under_way[future]
            error = future.exception()
            if error is None:
                outcome = future.result()
            else:
                log.error("publishing to the %s failed", route, exc_info=error)
                outcome = Outcome(failed={item.id: repr(error) for item in batch}, down=True)
            _mark(connection, outcome)
            del self._under_way[future]
            self._routes[route].heard(outcome)
            for id, text in outcome.failed.items():
                log.warning("event %s was not taken by the %s: %s", id, route, text, extra={"event_id": str(id)})


def _mark(connection: psycopg.Connection[Any], outcome: Outcome) -> None:
    if outcome.published:
        connection.execute(MARK_PUBLISHED, {"ids": outcome.published})
    if outcome.failed:
        ids, errors = list(outcome.failed), [storable(text) for text in outcome.failed.values()]
        connection.execute(MARK_FAILED, {"ids": ids, "errors": errors, "longest": LONGEST_WAIT})


def _connect() -> psycopg.Connection[dict[str, Any]]:
    """A connection outside Django's pool. Both ends notice within half a minute when the other is gone."""
    params: dict[str, Any] = connections["default"].get_connection_params()
    for djangos_own in ("cursor_factory", "context", "prepare_threshold"):
        params.pop(djangos_own, None)
    keepalive = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
    return psycopg.connect(
        **params
        | {
            "application_name": "relay",
            "options": f"{params.get('options', '')} {keepalive}".strip(),
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 20_000,
        },
        autocommit=True,
        prepare_threshold=0,
        row_factory=dict_row,
    )
