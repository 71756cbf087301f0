"""The WebSocket of `/ws/events`. A refused one is accepted first and then closed, so that its client sees the code."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from accounts.models import User
from api import tracing
from api.renderers import dumps
from notifications.live.admission import (
    BAD_REQUEST,
    FORBIDDEN,
    INTERNAL_ERROR,
    PROTOCOL,
    TOKEN_RAN_OUT,
    TOO_MANY,
    TRY_AGAIN_LATER,
    Wish,
    admitted,
    count_connect,
    in_thread,
    offered_token,
    watch_the_door,
    wished,
)
from notifications.live.asking import answer
from notifications.live.counting import count_sockets
from notifications.live.follower import Follower, Stopped
from notifications.live.hearing import hearing_of
from notifications.live.hub import UNREACHABLE, Hub
from notifications.live.log import Entry

log = logging.getLogger(__name__)

CONNECT_WITHIN = 15.0  # seconds to find out who calls and where the log stands
SEND_WITHIN = 30.0  # seconds for one message to go out; a client that takes longer is not live
REASON_BYTES = 120  # RFC 6455, section 5.5: a control frame carries 125 bytes, two of them the code


class Door:
    """The hub of this process and its keepers, all started by the first socket: then there is an event loop."""

    def __init__(self) -> None:
        self.hub = Hub()
        self._keepers: list[asyncio.Task[None]] = []

    async def open(self) -> Hub:
        if not self._keepers:
            self._keepers = [asyncio.create_task(keep(self.hub)) for keep in (watch_the_door, count_sockets)]
        await self.hub.ready()
        return self.hub

    async def close(self) -> None:
        """Ends all of them, and gives the connections to PostgreSQL back, when the process goes."""
        for keeper in self._keepers:
            keeper.cancel()
        if self._keepers:
            await asyncio.wait(self._keepers)
        await self.hub.close()


class EventFeed(AsyncWebsocketConsumer):  # type: ignore[misc]  # untyped package
    """One client. Its feed goes one way; what it asks is answered in between, one message after the other."""

    def __init__(self, door: Door) -> None:
        super().__init__()
        self.door = door
        self.user: User | None = None
        self.follower: Follower | None = None
        self.hub: Hub | None = None
        self.feeding: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        offers = [name for name in self.scope.get("subprotocols", []) if name.lower() == PROTOCOL]
        await self.accept(offers[0] if offers else None)
        try:
            async with asyncio.timeout(CONNECT_WITHIN):
                expires_at = await self._enter()
        except Stopped as refusal:
            await self._end(refusal.code, refusal.reason)
        except UNREACHABLE:
            await self._end(TRY_AGAIN_LATER, "the event log cannot be read right now")
        except BaseException:
            self._leave()
            raise
        else:
            self.feeding = asyncio.create_task(self._feed(expires_at))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.user is None or self.follower is None:  # refused, and about to be closed
            return
        said = await in_thread(answer, self.user, text_data, self.follower.types)
        try:
            await self._say(dumps(said).decode())
        except TimeoutError:
            await self._end(TRY_AGAIN_LATER, "the client reads too slowly")
        except OSError:  # it has hung up
            return

    async def disconnect(self, code: int) -> None:
        if self.feeding is not None:
            self.feeding.cancel()
            await asyncio.wait([self.feeding])
        self._leave()

    async def _enter(self) -> float:
        """Lets the client in and sends the hello; gives the time, in Unix seconds, until which it may stay."""
        count_connect(self.scope)
        user, until = await admitted(offered_token(self.scope))
        hearing = hearing_of(user)
        if hearing.is_deaf:
            raise Stopped(FORBIDDEN, "the access token allows to hear of nothing")
        wish: Wish = wished(self.scope["query_string"])
        hub = await self.door.open()
        if wish.after is not None and not await hub.reach(wish.after):
            raise Stopped(BAD_REQUEST, "after is beyond the end of the log")
        if hub.connections[user.pk] >= settings.LIVE_CONNECTIONS_PER_USER:
            raise Stopped(TOO_MANY, f"one person may hold {settings.LIVE_CONNECTIONS_PER_USER} connections")
        position = hub.head if wish.after is None else wish.after
        follower = Follower(hub, user_id=user.pk, hearing=hearing, types=wish.types, position=position)
        hub.add(follower)
        self.user, self.hub, self.follower = user, hub, follower
        await self._say(dumps({"type": "hello", "cursor": str(position)}).decode())
        return until

    async def _feed(self, expires_at: float) -> None:
        assert self.follower is not None  # noqa: S101  (entered)
        try:
            async with asyncio.timeout(max(0.0, expires_at - time.time())) as token_holds:
                while True:
                    for entry in await self.follower.next():
                        with _push(entry):
                            await self._say(entry.message)
        except Stopped as stop:
            await self._end(stop.code, stop.reason)
        except TimeoutError:
            if token_holds.expired():
                await self._end(TOKEN_RAN_OUT, "the access token has run out")
            else:
                await self._end(TRY_AGAIN_LATER, "the client reads too slowly")
        except OSError:  # it has hung up
            return
        except Exception:
            log.exception("a feed ended")
            await self._end(INTERNAL_ERROR, "internal error")
        finally:
            self._leave()

    async def _say(self, message: str) -> None:
        async with asyncio.timeout(SEND_WITHIN):
            await self.send(text_data=message)

    async def _end(self, code: int, reason: str) -> None:
        self._leave()
        # The client may have hung up meanwhile, or have stopped reading, so that not even the close goes out.
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(SEND_WITHIN):
                await self.close(code, reason.encode()[:REASON_BYTES].decode(errors="ignore"))

    def _leave(self) -> None:
        if self.follower is not None and self.hub is not None:
            self.hub.remove(self.follower)
            self.follower = None


def _push(entry: Entry) -> tracing.Span:
    """The span of one message to one client."""
    if not entry.traceparent:
        return tracing.OFF
    facts = {"position": entry.position}
    return tracing.span(f"push {entry.type}", facts, kind="producer", parent=entry.traceparent)
