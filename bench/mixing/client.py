"""A client that sends by the clock, whatever is still unanswered (an open loop).

A client that waits for an answer before it sends again slows down with the server, and so never asks in the moments in
which the server stands still. Here each request has its time beforehand, and its latency counts from that time: what
had to wait, in the server or before it, waited.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import uvloop

AT_MOST = 512
"""Connections. A request that finds none free waits for one, and its latency goes on counting."""
GIVES_UP_AT = 2000
"""Unanswered requests: the server cannot follow, and nothing is learnt from sending more."""
DRAINS_WITHIN = 5.0


@dataclass(frozen=True)
class Request:
    """`kind` is what it is counted under; `data` is all that goes over the wire."""

    kind: str
    data: bytes


@dataclass
class Told:
    """Latencies in seconds by kind, those that were given up among them with the time they had waited."""

    rate: float
    seconds: float = 0.0
    latencies: dict[str, list[float]] = field(default_factory=dict)
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    """Kind and status; 0 where there was no answer."""
    sent_late: float = 0.0
    """Seconds by which the client itself sent later than the clock asked for, at most."""
    connections: int = 0
    gave_up: bool = False
    processor: float = 0.0
    """The share of one core that the client took."""

    @property
    def sent(self) -> int:
        return self.statuses.total()

    def all(self) -> list[float]:
        return [one for latencies in self.latencies.values() for one in latencies]


class _Connection(asyncio.Protocol):
    """One request at a time. The answer must say its length, as WSGI's do."""

    def __init__(self, over: Callable[[_Connection, int], None]) -> None:
        self.over = over
        self.transport: asyncio.Transport | None = None
        self.waiting: tuple[Request, float] | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # TCP's is a Transport

    def ask(self, request: Request, due: float) -> None:
        self.waiting, self._buffer = (request, due), b""
        if self.transport is not None:
            self.transport.write(request.data)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        status, length = int(head[9:12]), 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if status in (204, 304) or len(body) >= length:
            self.over(self, status)

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        self.over(self, 0)


class Client:
    """`choose` says what is asked next; `seed` decides the moments."""

    def __init__(self, host: str, port: int, choose: Callable[[], Request], *, seed: int) -> None:
        self.host, self.port, self.choose = host, port, choose
        self.chance = random.Random(seed)

    def run(self, rate: float, seconds: float) -> Told:
        """`rate` requests a second, at moments by chance (as those of many people are), for about `seconds`."""
        return self.run_count(max(1, round(rate * seconds)), rate)

    def run_count(self, count: int, rate: float) -> Told:
        times = list(itertools.accumulate(self.chance.expovariate(rate) for _ in range(count)))
        requests = [self.choose() for _ in times]
        before, began = time.process_time(), time.monotonic()
        told = Told(rate)
        uvloop.run(_Sending(self.host, self.port, told).send(times, requests))
        told.seconds = time.monotonic() - began
        told.processor = (time.process_time() - before) / told.seconds
        return told


class _Sending:
    """One run: the connections, and the requests that wait for one."""

    def __init__(self, host: str, port: int, told: Told) -> None:
        self.host, self.port, self.told = host, port, told
        self.free: list[_Connection] = []
        self.all: set[_Connection] = set()
        self.queue: deque[tuple[Request, float]] = deque()
        self.opening: set[asyncio.Task[None]] = set()
        self.answered = 0

    async def send(self, times: Sequence[float], requests: Sequence[Request]) -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        for number, (at, request) in enumerate(zip(times, requests, strict=True)):
            due = start + at
            if (early := due - loop.time()) > 0:
                await asyncio.sleep(early)
            self.told.sent_late = max(self.told.sent_late, loop.time() - due)
            self._send_one(request, due)
            if number - self.answered > GIVES_UP_AT:
                self.told.gave_up = True
                break
        await self._drain()

    def _send_one(self, request: Request, due: float) -> None:
        if self.free:
            self.free.pop().ask(request, due)
            return
        self.queue.append((request, due))
        if len(self.all) + len(self.opening) < AT_MOST:
            task = asyncio.get_running_loop().create_task(self._open())
            self.opening.add(task)
            task.add_done_callback(self.opening.discard)

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            _, connection = await loop.create_connection(lambda: _Connection(self._over), self.host, self.port)
        except OSError:
            if self.queue:
                self._count(*self.queue.popleft(), 0)
            return
        self.all.add(connection)
        self.told.connections = max(self.told.connections, len(self.all))
        self._next(connection)

    def _over(self, connection: _Connection, status: int) -> None:
        waiting, connection.waiting = connection.waiting, None
        if waiting is not None:
            self._count(*waiting, status)
        if status:
            self._next(connection)
            return
        self.all.discard(connection)
        if connection in self.free:
            self.free.remove(connection)

    def _next(self, connection: _Connection) -> None:
        if self.queue:
            connection.ask(*self.queue.popleft())
        else:
            self.free.append(connection)

    def _count(self, request: Request, due: float, status: int) -> None:
        self.told.latencies.setdefault(request.kind, []).append(asyncio.get_running_loop().time() - due)
        self.told.statuses[request.kind, status] += 1
        self.answered += 1

    async def _drain(self) -> None:
        """Waits for what is still unanswered, and counts what does not come with the time that it has waited."""
        end = asyncio.get_running_loop().time() + DRAINS_WITHIN
        while (self.queue or any(one.waiting for one in self.all)) and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.01)
        await asyncio.gather(*self.opening)
        while self.queue:
            self._count(*self.queue.popleft(), 0)
        for connection in self.all:
            if connection.transport is not None:
                connection.transport.abort()
        while self.all:  # each counts what it was waiting for, once it hears of its end
            await asyncio.sleep(0.01)
