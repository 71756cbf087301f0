"""One socket's place in the log."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from typing import TYPE_CHECKING
from uuid import UUID

from notifications.live.hearing import Hearing
from notifications.live.log import Entry

if TYPE_CHECKING:
    from notifications.live.hub import Hub

CHUNK = 100  # entries handed out at once
STRETCH = 100_000  # positions that one statement looks through at most, however few of them concern the follower


class Stopped(Exception):
    """The socket is to be closed, with this code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Follower:
    """Hands out, in order, every entry after its position that its owner may see: each once, none left out.

    It holds a number and no queue. While it is up to date the number is None, and the hub sets it at the first entry
    that concerns it; a slow socket therefore costs nothing, and reads what it missed from the hub or from the log.
    """

    def __init__(
        self, hub: Hub, *, user_id: UUID, hearing: Hearing, types: frozenset[str] | None, position: int
    ) -> None:
        self.user_id = user_id
        self.hearing = hearing
        self.types = types
        self._hub = hub
        self._position: int | None = position
        self._woken = asyncio.Event()
        self._stopped: Stopped | None = None

    def concerns(self, entry: Entry) -> bool:
        if self.types is not None and entry.type not in self.types:
            return False
        return self.hearing.takes(entry.type, entry.customer_id)

    def tell(self, entry: Entry) -> None:
        """A new entry at the hub's end, which concerns this follower."""
        if self._position is None:
            self._position = entry.position - 1
            self._woken.set()

    def stop(self, code: int, reason: str) -> None:
        self._stopped = Stopped(code, reason)
        self._woken.set()

    async def next(self) -> list[Entry]:
        """The next entries, one or more; waits for them. Raises Stopped."""
        while True:
            if self._stopped is not None:
                raise self._stopped
            if self._position is None:
                self._woken.clear()
                await self._woken.wait()
            elif self._position < self._hub.floor:
                if entries := await self._from_log(self._position):
                    return entries
            elif entries := self._from_hub(self._position):
                return entries

    async def _from_log(self, position: int) -> list[Entry]:
        until = min(self._hub.head, position + STRETCH)
        entries = await self._hub.read(position, until=until, limit=CHUNK, hearing=self.hearing, types=self.types)
        self._position = entries[-1].position if len(entries) == CHUNK else until
        return entries

    def _from_hub(self, position: int) -> list[Entry]:
        recent = self._hub.recent
        first = bisect_right(recent, position, key=lambda entry: entry.position)
        chunk = recent[first : first + CHUNK]
        # Nothing is awaited between this look and the mark, so no entry can slip in between.
        self._position = chunk[-1].position if first + CHUNK < len(recent) else None
        return [entry for entry in chunk if self.concerns(entry)]
