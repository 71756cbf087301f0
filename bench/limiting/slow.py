"""Crowds that take up connections: silent ones, and those that send their request by the byte."""

from __future__ import annotations

import selectors
import socket
import threading
import time

EVERY = 1.0  # seconds between two bytes
HEAD = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
BODY = b"POST /orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"


class Crowd:
    """`size` connections, each opened anew as soon as it is closed, until the `with` ends. `beginning` is sent at once,
    and then a byte each second, if anything was. `cut` counts how often the server had enough.
    """

    def __init__(self, address: tuple[str, int], size: int, beginning: bytes) -> None:
        self.address, self.size, self.beginning = address, size, beginning
        self.cut = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._press, daemon=True)

    def __enter__(self) -> Crowd:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(30)

    def _press(self) -> None:
        with selectors.DefaultSelector() as watched:
            for _ in range(self.size):
                self._come(watched)
            next_ = time.monotonic()
            while not self._over.is_set():
                for key, _ in watched.select(0.1):
                    if not self._heard(key.fileobj):
                        self._go(watched, key.fileobj)
                        self._come(watched)
                if self.beginning and time.monotonic() > next_:
                    next_ += EVERY
                    for key in list(watched.get_map().values()):
                        self._say(key.fileobj, b"a")
            for key in list(watched.get_map().values()):
                self._go(watched, key.fileobj, counted=False)

    def _come(self, watched: selectors.DefaultSelector) -> None:
        line = socket.socket()
        try:
            line.connect(self.address)
        except OSError:
            line.close()
            return
        line.setblocking(False)
        self._say(line, self.beginning)
        watched.register(line, selectors.EVENT_READ)

    def _go(self, watched: selectors.DefaultSelector, line: object, *, counted: bool = True) -> None:
        watched.unregister(line)  # type: ignore[arg-type]  # a socket of ours
        line.close()  # type: ignore[attr-defined]
        self.cut += counted

    @staticmethod
    def _say(line: object, data: bytes) -> None:
        try:
            line.send(data)  # type: ignore[attr-defined]
        except OSError:
            return  # that it is closed is heard

    @staticmethod
    def _heard(line: object) -> bool:
        try:
            return bool(line.recv(65536))  # type: ignore[attr-defined]
        except BlockingIOError:
            return True
        except OSError:
            return False
