"""The process's one reader of the log, and the newest part of it, which the sockets share."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from notifications.live import log as event_log
from notifications.live.follower import Follower
from notifications.live.hearing import Hearing
from notifications.live.log import Entry

log = logging.getLogger(__name__)

KEPT = 1000  # entries at least that are kept in memory, twice as many at most
BATCH = 500
POLL = 1.0  # seconds after which the log is looked at even if nobody told of news
ANSWER_WITHIN = 15.0  # seconds that one reading may take before the connection counts as dead
LONGEST_PAUSE = 2.0  # seconds between two attempts to reach PostgreSQL
UNREACHABLE = (psycopg.Error, PoolTimeout, OSError, TimeoutError)


class Hub:
    """Follows the log by position, and tells each follower of what concerns it.

    All of it runs in one event loop. When PostgreSQL is away the followers simply wait, and catch up afterwards.
    """

    def __init__(self) -> None:
        self.head = 0
        """The newest position that has been handed on."""
        self.floor = 0
        """`recent` holds every entry after this position."""
        self.recent: list[Entry] = []
        self.connections: Counter[UUID] = Counter()
        self._followers: dict[UUID | None, set[Follower]] = {}
        self._task: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._advanced = asyncio.Event()
        self._pool: AsyncConnectionPool[AsyncConnection[Any]] | None = None

    async def ready(self) -> None:
        """Waits until the head of the log is known; starts the reader at the first call."""
        if self._task is None:
            self._task = asyncio.create_task(self._follow_for_ever())
        await self._ready.wait()

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def reach(self, position: int) -> bool:
        """Waits until `position` has been handed on; False where the log does not hold it."""
        if position > self.head:
            async with self._connections().connection() as connected:
                if position > await event_log.head(connected):
                    return False
        while position > self.head:
            await self._advanced.wait()
        return True

    def followers(self) -> list[Follower]:
        return [follower for group in self._followers.values() for follower in group]

    def add(self, follower: Follower) -> None:
        self._followers.setdefault(self._group_of(follower), set()).add(follower)
        self.connections[follower.user_id] += 1

    def remove(self, follower: Follower) -> None:
        name = self._group_of(follower)
        group = self._followers[name]
        group.remove(follower)
        if not group:
            del self._followers[name]
        self.connections[follower.user_id] -= 1
        if not self.connections[follower.user_id]:
            del self.connections[follower.user_id]

    async def read(
        self, position: int, *, until: int, limit: int, hearing: Hearing, types: Iterable[str] | None
    ) -> list[Entry]:
        """Older entries, from the log itself; waits as long as PostgreSQL is away."""
        pause = 0.1
        while True:
            try:
                async with asyncio.timeout(ANSWER_WITHIN), self._connections().connection() as connected:
                    return await event_log.after_for_one(
                        connected, position, until=until, limit=limit, hearing=hearing, types=types
                    )
            except UNREACHABLE as error:
                log.warning("the log cannot be read: %s", error)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _follow_for_ever(self) -> None:
        async with self._connections():
            await self._follow()

    async def _follow(self) -> None:
        pause = 0.1
        while True:
            try:
                async with asyncio.timeout(ANSWER_WITHIN):
                    connected = await event_log.listen()
                async with connected:
                    if not self._ready.is_set():
                        self.head = self.floor = await event_log.head(connected)
                        self._ready.set()
                    pause = 0.1
                    while True:
                        await self._take_new(connected)
                        async for _ in connected.notifies(timeout=POLL, stop_after=1):
                            pass
            except UNREACHABLE as error:
                log.warning("PostgreSQL is away, trying again in %.1f s: %s", pause, error)
            except Exception:  # the feed must not end for good, whatever one row of the log does to it
                log.exception("the log could not be followed, trying again in %.1f s", pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _take_new(self, connected: AsyncConnection[Any]) -> None:
        while True:
            async with asyncio.timeout(ANSWER_WITHIN):
                entries = await event_log.after(connected, self.head, limit=BATCH)
            self._hand_on(entries)
            if len(entries) < BATCH:
                return

    def _hand_on(self, entries: list[Entry]) -> None:
        if not entries:
            return
        self.recent.extend(entries)
        if len(self.recent) > 2 * KEPT:
            self.floor = self.recent[-KEPT - 1].position
            del self.recent[:-KEPT]
        self.head = entries[-1].position
        for entry in entries:
            groups = {entry.customer_id, None}  # its customer's sockets, and those that hear of others
            for group in groups:
                for follower in self._followers.get(group, ()):
                    if follower.concerns(entry):
                        follower.tell(entry)
        self._advanced.set()
        self._advanced = asyncio.Event()

    @staticmethod
    def _group_of(follower: Follower) -> UUID | None:
        return None if follower.hearing.takes_others else follower.user_id

    def _connections(self) -> AsyncConnectionPool[AsyncConnection[Any]]:
        if self._pool is None:
            self._pool = event_log.reading_pool()
        return self._pool
