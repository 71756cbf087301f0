"""How gunicorn runs the live process: `gunicorn shop.asgi:application -k shop.live_worker.Worker`."""

from __future__ import annotations

import socket
from typing import Any, ClassVar

from uvicorn_worker import UvicornWorker

UNREAD_FOR = 60_000  # milliseconds that the kernel holds what a client does not read


class Worker(UvicornWorker):  # type: ignore[misc]  # untyped package
    """Uvicorn with pings, with small messages only, and with an end for clients that stop reading."""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "loop": "auto",
        "http": "auto",
        "lifespan": "on",
        "ws_ping_interval": 20,
        "ws_ping_timeout": 20,
        "ws_max_size": 16 * 1024,  # clients have nothing to say
        "ws_per_message_deflate": False,  # it would cost more memory per socket than all else
        "timeout_graceful_shutdown": 5,
    }

    def init_process(self) -> None:
        # Without it a client that keeps its connection and never reads holds socket and buffer for ever: closing waits
        # until the buffer is empty. Sockets inherit the option from the one that listens. Linux only.
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            for listener in (each for each in self.sockets if each.sock.family != socket.AF_UNIX):
                listener.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_FOR)
        super().init_process()
