"""Gates between the shop and those whom it calls: open, slow, or shut, from one moment to the next."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Callable

from local.ports import free_port


class _Door(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    gate: Gate


Sieve = Callable[[bytes], bytes]


class Gate:
    """A port of its own that leads to another one of this machine. `delay` is in seconds, before each request.

    `sieve` makes one for each connection, through which the answers go.
    """

    def __init__(self, to: int, sieve: Callable[[], Sieve] | None = None) -> None:
        self.to, self.port, self.sieve = to, free_port(), sieve
        self.delay = 0.0
        self.passages: set[socket.socket] = set()
        self._door: _Door | None = None
        self.open()

    def open(self) -> None:
        self._door = _Door(("127.0.0.1", self.port), _Passage)
        self._door.gate = self
        threading.Thread(target=self._door.serve_forever, args=(0.05,), daemon=True).start()

    def shut(self) -> None:
        """Refuses whoever comes, and hangs up on whoever is there."""
        if self._door is None:
            return
        self._door.shutdown()
        self._door.server_close()
        self._door = None
        for passage in list(self.passages):
            _hang_up(passage)

    def hold_up(self, chunk: bytes) -> bytes:
        time.sleep(self.delay)
        return chunk


class _Passage(socketserver.BaseRequestHandler):
    server: _Door

    def handle(self) -> None:
        gate = self.server.gate
        with socket.create_connection(("127.0.0.1", gate.to)) as onward:
            both = {self.request, onward}
            gate.passages |= both
            sieve = gate.sieve() if gate.sieve else _all
            back = threading.Thread(target=self._carry, args=(onward, self.request, sieve), daemon=True)
            back.start()
            self._carry(self.request, onward, gate.hold_up)
            back.join()
            gate.passages -= both

    @staticmethod
    def _carry(source: socket.socket, target: socket.socket, sieve: Sieve) -> None:
        try:
            while chunk := source.recv(65536):
                target.sendall(sieve(chunk))
        except OSError:
            return  # one of the two has hung up, and so does this
        finally:
            _hang_up(source)
            _hang_up(target)


def _all(chunk: bytes) -> bytes:
    return chunk


def _hang_up(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it had hung up itself
