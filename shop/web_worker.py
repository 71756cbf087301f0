"""How gunicorn runs the web process: `gunicorn shop.wsgi -k shop.web_worker.Worker`."""

from __future__ import annotations

import errno
import functools
import select
import selectors
import socket
import struct
import time
from collections import deque
from typing import Any

from django.conf import settings
from gunicorn.workers.gthread import TConn, ThreadWorker

LEAST_RATE = 500  # bytes a second that a client sends or takes, on the whole
LINGER = 2.0  # seconds that a client has to close its side, before what it has not read yet may be lost to it


class Worker(ThreadWorker):  # type: ignore[misc]  # untyped package
    """Gunicorn's threads, which slow clients cannot hold, and a door that is shut while what is inside is served."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.leaving: deque[TConn] = deque()

    def enqueue_req(self, conn: TConn) -> None:
        """Gives a thread to what has something to say.

        Gunicorn's own worker has a thread wait five seconds for the first byte of each new connection: a few that
        browsers open ahead, or that mean ill, would hold all of them.
        """
        if conn.initialized or conn.data_ready:
            conn.sock.begin()
            super().enqueue_req(conn)
            return
        conn.sock = Paced(conn.sock)
        conn.close = functools.partial(self.leave, conn)
        conn.timeout = time.monotonic() + settings.CLIENT_TIMEOUT
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, functools.partial(self.on_pending_socket_readable, conn))

    def leave(self, conn: TConn, graceful: bool = False) -> None:
        """Closes in two steps (RFC 9112 section 9.6): we have said all, and then the client has, too.

        Gunicorn's own worker waits for the second in the one thread that takes in all others.
        """
        try:
            if graceful:
                conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            graceful = False  # it has gone already
        if not graceful:
            conn.sock.close()
            return
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + LINGER
        self.nr_conns += 1
        self.leaving.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, functools.partial(self.hear_out, conn))

    def hear_out(self, conn: TConn, sock: socket.socket) -> None:
        """What it says is thrown away; had it not been read, the kernel would answer it with a reset."""
        try:
            over = not sock.recv(65536)
        except OSError:
            over = True
        if over:
            self.leaving.remove(conn)
            self.gone(conn)

    def gone(self, conn: TConn) -> None:
        self.poller.unregister(conn.sock)
        conn.sock.close()
        self.nr_conns -= 1

    def murder_pending(self) -> None:
        """Once a second at least."""
        super().murder_pending()
        while self.leaving and self.leaving[0].timeout < time.monotonic():
            self.gone(self.leaving.popleft())

    def set_accept_enabled(self, enabled: bool) -> None:
        """At its end, gunicorn's own worker listens until the last answer is given and takes nobody in meanwhile:
        whoever connects then waits, and is cut off. Refused at once, a balancer or a client asks the next process.
        """
        super().set_accept_enabled(enabled)
        if self.alive:
            return
        for listener in self.sockets:
            while listener.sock.fileno() != -1 and select.select([listener], [], [], 0)[0]:
                self.accept(listener)  # who has knocked already is let in
            listener.close()


class Paced(socket.socket):
    """A client's connection, which fails with EAGAIN where the client falls silent or dawdles.

    Silent is who sends or takes nothing for CLIENT_TIMEOUT seconds; that the kernel sees. Dawdling is to have kept us
    waiting for longer than that in one request, and for more than LEAST_RATE allows for what has come and gone by then.
    """

    def __init__(self, accepted: socket.socket) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, fileno=accepted.detach())
        self.setblocking(False)
        limit = struct.pack("ll", settings.CLIENT_TIMEOUT, 0)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        self.begin()

    def begin(self) -> None:
        """A request."""
        self.waited, self.moved = 0.0, 0

    def recv(self, *how: Any) -> bytes:
        began = time.monotonic()
        chunk = super().recv(*how)
        self._moved(len(chunk), began)
        return chunk

    def sendall(self, data: Any, *how: Any) -> None:
        rest = memoryview(data)
        while rest:
            began = time.monotonic()
            sent = self.send(rest, *how)
            self._moved(sent, began)
            rest = rest[sent:]

    def _moved(self, size: int, began: float) -> None:
        self.waited += time.monotonic() - began
        self.moved += size
        if size and self.waited > settings.CLIENT_TIMEOUT + self.moved / LEAST_RATE:
            raise BlockingIOError(errno.EAGAIN, "the client is too slow")
