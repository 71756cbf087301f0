"""The live process for tests: the real ASGI application under a real server, and clients with real sockets."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import uvicorn
from django.db import connection, transaction
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from accounts.models import User
from events.log import CHANNEL
from events.models import Event
from events.relay import GIVE_POSITIONS
from shop.asgi import live_application
from shop.live_worker import Worker, limit
from shop.tests.processes import Serve, serving

PATIENCE = 20.0  # seconds after which a test gives up waiting; none should come near


class LiveServer:
    """The live process, with its own event loop in a thread of this process."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        limit(self.listener)
        port = self.listener.getsockname()[1]
        self.http, self.ws = f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}"
        options = Worker.CONFIG_KWARGS | {"timeout_graceful_shutdown": 1}
        self.server = uvicorn.Server(uvicorn.Config(live_application(), log_config=None, **options))
        self.thread = threading.Thread(target=lambda: asyncio.run(self.server.serve(sockets=[self.listener])))

    def __enter__(self) -> LiveServer:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()
        self.listener.close()


class Feed:
    """A client of the feed."""

    def __init__(self, client: ClientConnection) -> None:
        self.client = client

    def read(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.client.recv(timeout=PATIENCE))
        return message

    def read_many(self, count: int) -> list[dict[str, Any]]:
        return [self.read() for _ in range(count)]

    def hello(self) -> str:
        message = self.read()
        assert message["type"] == "hello"
        return str(message["cursor"])

    def close_code(self) -> int:
        """Reads on until the server has closed."""
        try:
            while True:
                self.client.recv(timeout=PATIENCE)
        except ConnectionClosed as closed:
            assert closed.rcvd is not None, "the connection was lost without a close frame"
            return closed.rcvd.code


@pytest.fixture
def live(transactional_db: None) -> Iterator[LiveServer]:
    with LiveServer() as server:
        yield server


Listen = Callable[..., Feed]


@pytest.fixture
def listen(live: LiveServer, mint: Callable[..., str]) -> Iterator[Listen]:
    """Connects as a user: `listen(customer, after="12")`. `token=` replaces the minted one, `None` sends none."""
    with ExitStack() as stack:

        def open_feed(user: User | None = None, *, token: str | None = "", **query: object) -> Feed:
            token = mint(user) if token == "" and user is not None else token
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            address = f"{live.ws}/ws/events" + (f"?{urlencode(query)}" if query else "")
            return Feed(stack.enter_context(connect(address, additional_headers=headers, proxy=None)))

        yield open_feed


def record(customer: User | None = None, *, type: str = "OrderCreated", **data: Any) -> Event:
    """An event that is committed and not in the log yet."""
    return Event.objects.create(
        type=type, subject=f"order/{len(data)}", data=data, customer_id=customer.pk if customer else None
    )


def give_positions() -> None:
    """What the relay does, by its own statement."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO events_loghead (id, position) VALUES (1, 0) ON CONFLICT DO NOTHING")
        cursor.execute(GIVE_POSITIONS, {"channel": CHANNEL})


def publish(customer: User | None = None, *, type: str = "OrderCreated", **data: Any) -> Event:
    """An event with its place in the log, as live processes find it."""
    with transaction.atomic():
        event = record(customer, type=type, **data)
        give_positions()
    event.refresh_from_db()
    return event


@pytest.fixture
def serve(transactional_db: None, tmp_path: Path) -> Iterator[Serve]:
    """Starts a process as production does: `process, port = serve("web")`."""
    with serving(tmp_path) as start:
        yield start
