"""How gunicorn runs the live process: `gunicorn shop.asgi:application -k shop.live_worker.Worker`."""

from __future__ import annotations

import asyncio
import socket
from typing import Any, ClassVar

from django.conf import settings
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn_worker import UvicornWorker

UNREAD_FOR = 60_000  # milliseconds that the kernel holds what a client does not read
UNREAD = 64 * 1024  # bytes of it, of which Linux takes twice as many; left alone, it would grow to 4 MiB per client
LONGEST_HEAD = 16 * 1024  # bytes of a request until its body: an access token has up to 2,000


class Prompt(HttpToolsProtocol):
    """A client's connection, which is closed unless the head of a request comes within CLIENT_TIMEOUT, and is no longer
    than one may be. Uvicorn itself would wait, and take in, without an end. A socket may then be as silent as it likes.
    """

    waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self.expect()

    def expect(self) -> None:
        self.head = 0
        self.waiting = self.loop.call_later(settings.CLIENT_TIMEOUT, self.transport.abort)

    def expect_no_more(self) -> None:
        if self.waiting:
            self.waiting.cancel()
        self.waiting = None

    def data_received(self, data: bytes) -> None:
        self.head += len(data)
        if self.waiting and self.head > LONGEST_HEAD:
            self.send_400_response("The head of this request is too long.")
            return
        super().data_received(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if not self.waiting:  # another request on the same connection
            self.expect()

    def on_headers_complete(self) -> None:
        self.expect_no_more()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self.expect_no_more()
        super().connection_lost(exc)


class Worker(UvicornWorker):  # type: ignore[misc]  # untyped package
    """Uvicorn with pings, with small messages only, and with an end for clients that stop reading."""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "loop": "auto",
        "http": Prompt,
        "lifespan": "on",
        "ws_ping_interval": 20,
        "ws_ping_timeout": 20,
        "ws_max_size": 16 * 1024,  # clients have little to say
        "ws_per_message_deflate": False,  # it would cost more memory per socket than all else
        "timeout_graceful_shutdown": 5,
    }

    def init_process(self) -> None:
        for listener in self.sockets:
            limit(listener.sock)
        super().init_process()


def limit(listener: socket.socket) -> None:
    """What the kernel holds for clients that do not read. Sockets inherit it from the one that listens."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UNREAD)
    # Without it a client that keeps its connection and never reads holds socket and buffer for ever: closing waits
    # until the buffer is empty. Linux only.
    if listener.family != socket.AF_UNIX and hasattr(socket, "TCP_USER_TIMEOUT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_FOR)
