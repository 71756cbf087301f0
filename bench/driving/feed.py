"""Somebody's live socket that is never given up: it reconnects by its cursor and keeps every message."""

from __future__ import annotations

import json
import socket
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

from bench.driving.client import Client, GaveUp

SIGN_IN_AGAIN = {4401, 4408}


@dataclass(frozen=True)
class Message:
    """`received` is this machine's clock in Unix seconds, at the moment the message was read."""

    id: str
    cursor: str
    type: str
    time: datetime
    subject: str
    data: Any
    received: float


class Feed(threading.Thread):
    def __init__(self, url: str, user: Client) -> None:
        super().__init__(daemon=True, name="feed")
        self.url = url
        self.user = user
        self.messages: list[Message] = []
        self.start_cursor = ""
        self.reconnects = 0
        self.faults: list[str] = []
        self.ready = threading.Event()
        self._stopped = threading.Event()
        self._connection: ClientConnection | None = None

    def run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._follow()
            except ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd else 1006
                self._failed(f"closed with {code}", sign_in=code in SIGN_IN_AGAIN)
            except (OSError, WebSocketException, GaveUp) as error:
                self._failed(type(error).__name__)

    def leave(self) -> None:
        """Ends it soon, and does not wait for that."""
        self._stopped.set()
        self.cut()

    def stop(self) -> None:
        self._stopped.set()
        self.join(timeout=10)

    def cut(self) -> None:
        """Cuts the line, as a network does: without a word to either side."""
        if (connection := self._connection) is not None:
            try:
                connection.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # it was down already

    def last_cursor(self) -> str:
        return self.messages[-1].cursor if self.messages else self.start_cursor

    def _follow(self) -> None:
        cursor = self.last_cursor()
        address = f"{self.url}/ws/events" + (f"?after={cursor}" if cursor else "")
        headers = {"Authorization": f"Bearer {self.user.token()}"}
        with connect(address, additional_headers=headers, open_timeout=10, proxy=None) as connection:
            self._connection = connection
            while not self._stopped.is_set():
                try:
                    raw = connection.recv(timeout=0.5)
                except TimeoutError:
                    continue
                now = time.time()
                message = json.loads(raw)
                if message["type"] == "hello":
                    self.start_cursor = self.start_cursor or str(message["cursor"])
                    self.ready.set()
                    continue
                self.messages.append(
                    Message(
                        message["id"],
                        str(message["cursor"]),
                        message["type"],
                        datetime.fromisoformat(message["time"]),
                        message["subject"],
                        message["data"],
                        now,
                    )
                )

    def _failed(self, what: str, *, sign_in: bool = False) -> None:
        self.faults.append(what)
        if self._stopped.wait(0.25):
            return
        if self.ready.is_set():
            self.reconnects += 1
        if sign_in:
            self.user.token(fresh=True)
