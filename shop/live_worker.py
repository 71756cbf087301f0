"""How gunicorn runs the live process: `gunicorn shop.asgi:application -k shop.live_worker.Worker`."""

from __future__ import annotations

import socket
from typing import Any, ClassVar

from uvicorn_worker import UvicornWorker

UNREAD_FOR = 60_000  # milliseconds that the kernel holds what a client does not read
UNREAD = 64 * 1024  # bytes of it, of which Linux takes twice as many; left alone, it would grow to 4 MiB per client


class Worker(UvicornWorker):  # type: ignore[misc]  # untyped package
    """Uvicorn with pings, with small messages only, and with an end for clients that stop reading."""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "loop": "auto",
        "http": "auto",
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
