"""A load balancer of the bench's own, which does with a target what an Application Load Balancer does.

A request goes to the next target in turn; one that has left gets no more requests, not even from clients who are
connected, and those under way end where they are. A WebSocket stays with its target until one of the two ends it.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections import Counter
from dataclasses import dataclass, field

from local.ports import free_port
from local.report import Trouble

Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
UPGRADE = re.compile(rb"\r\nupgrade: *websocket", re.IGNORECASE)
CLOSING = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
NO_BODY = re.compile(rb"HTTP/1.1 (1\d\d|204|304) ")
NOBODY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
BROKEN = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
GONE = (OSError, asyncio.IncompleteReadError)


@dataclass
class Target:
    """`version` is whose requests are counted together."""

    version: str
    port: int
    idle: list[Pair] = field(default_factory=list)
    left: bool = False


class Balancer:
    def __init__(self) -> None:
        self.port = free_port()
        self.served: Counter[str] = Counter()
        """Requests, and sockets that were opened, by version."""
        self._targets: list[Target] = []
        self._thread = threading.Thread(target=lambda: asyncio.run(self._listen()), daemon=True)
        self._open = threading.Event()

    def start(self) -> None:
        self._thread.start()
        if not self._open.wait(10):
            raise Trouble(f"The balancer cannot listen on port {self.port}.")

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._over.set)
            self._thread.join(10)

    def register(self, target: Target) -> None:
        """It answers its health check already."""
        self._loop.call_soon_threadsafe(self._targets.append, target)

    def deregister(self, target: Target) -> None:
        """Returns when nothing new is sent there."""

        async def leave() -> None:
            self._targets.remove(target)
            target.left = True
            for _, writer in target.idle:
                writer.close()

        asyncio.run_coroutine_threadsafe(leave(), self._loop).result(10)

    async def _listen(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._client, "127.0.0.1", self.port)
        self._open.set()
        await self._over.wait()
        server.close()
        for target in self._targets:
            for _, writer in target.idle:
                writer.close()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._request(reader, writer):
                pass
        except GONE:
            return  # the client has
        finally:
            writer.close()

    async def _request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether another one may follow on this connection."""
        head = await reader.readuntil(b"\r\n\r\n")
        length = LENGTH.search(head)
        body = await reader.readexactly(int(length[1])) if length else b""
        if not self._targets:
            writer.write(NOBODY)
            return False
        target = self._targets.pop(0)
        self._targets.append(target)
        self.served[target.version] += 1
        try:
            if UPGRADE.search(head):
                await self._socket(target, head, (reader, writer))
                return False
            return await self._hand_on(target, head + body, writer)
        except GONE:
            writer.write(BROKEN)
            return False

    async def _hand_on(self, target: Target, request: bytes, client: asyncio.StreamWriter) -> bool:
        reader, writer = target.idle.pop() if target.idle else await self._connect(target)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        client.write(head)
        if CHUNKED.search(head):
            await _chunks(reader, client)
        elif (length := LENGTH.search(head)) and not NO_BODY.match(head):
            client.write(await reader.readexactly(int(length[1])))
        await client.drain()
        if target.left or CLOSING.search(head):
            writer.close()
        else:
            target.idle.append((reader, writer))
        return not CLOSING.search(head)

    async def _socket(self, target: Target, head: bytes, client: Pair) -> None:
        reader, writer = await self._connect(target)
        writer.write(head)
        try:
            await asyncio.wait(
                [asyncio.ensure_future(_pump(client[0], writer)), asyncio.ensure_future(_pump(reader, client[1]))]
            )
        finally:
            writer.close()

    @staticmethod
    async def _connect(target: Target) -> Pair:
        return await asyncio.open_connection("127.0.0.1", target.port, limit=2**22)


async def _chunks(reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
    size = -1
    while size:
        line = await reader.readuntil(b"\r\n")
        size = int(line.split(b";")[0], 16)
        client.write(line + await reader.readexactly(size + 2))


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while chunk := await source.read(65536):
            sink.write(chunk)
            await sink.drain()
    except OSError:
        return  # one of the two has hung up; the other is told so below
    finally:
        sink.close()
