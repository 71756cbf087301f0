"""How gunicorn runs the web process: `gunicorn shop.wsgi -k shop.web_worker.Worker`."""

from __future__ import annotations

import contextlib
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

from shop.arrival import Arrival
from shop.shares import shares

LEAST_RATE = 500  # bytes a second that a client sends or takes, on the whole
WAITED_FOR = 64 * 1024  # bytes of a request that may be missing without a thread that waits for them
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
TOO_SLOW = (
    b'{"type":"urn:problem:request_timeout","title":"Request Timeout","status":408,'
    b'"detail":"The request did not come to its end in time.","code":"request_timeout"}'
)
YIELD = 0.005  # seconds that a worker with fewer connections has for taking the next
LINGER = 2.0  # seconds that a client has to close its side, before what it has not read yet may be lost to it


class Worker(ThreadWorker):  # type: ignore[misc]  # untyped package
    """Gunicorn's threads, which slow clients cannot hold, and a door that is shut while what is inside is served."""

    pending_conns: deque[TConn]  # gunicorn's: those of which there is no whole request yet

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.leaving: deque[TConn] = deque()
        self.uploads: deque[TConn] = deque()  # that wait until fewer threads wait for what is missing of others
        self.uploading = 0
        self.listens_at = 0.0  # after it has let others go first

    @property
    def nr_conns(self) -> int:
        """Connections: gunicorn counts them here, and all workers see it."""
        return self._nr_conns

    @nr_conns.setter
    def nr_conns(self, count: int) -> None:
        self._nr_conns = count
        if self.alive:
            shares[self.age] = count

    def accept(self, listener: Any) -> None:
        """Lets a worker that has fewer connections take the next, if it does so soon."""
        now = time.monotonic()
        if self.alive and self.nr_conns > shares.least() and self.listens_at + YIELD < now:
            self.set_accept_enabled(False)
            self.listens_at = now + YIELD
            return
        self.listens_at = 0.0
        super().accept(listener)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        yields = self.listens_at - time.monotonic()
        super().wait_for_and_dispatch_events(min(timeout, yields) if yields > 0 else timeout)

    def enqueue_req(self, conn: TConn) -> None:
        """Gives a thread to a request that is there.

        Gunicorn's own worker has a thread wait five seconds for the first byte of each new connection, and then for as
        long as the request takes: a few that browsers open ahead, or that mean ill, would hold all of them.
        """
        if conn.initialized or conn.data_ready:
            if conn.initialized and conn.parser.unreader.buf.getvalue():
                conn.sock.unfinished = True  # its beginning was read with the end of the request before
            if conn.sock.unfinished and self.uploading >= max(1, self.cfg.threads // 2):
                self.uploads.append(conn)
                return
            self.uploading += conn.sock.unfinished
            conn.sock.begin()
            super().enqueue_req(conn)
            return
        conn.sock = Paced(conn.sock)
        conn.close = functools.partial(self.leave, conn)
        conn.timeout = time.monotonic() + settings.CLIENT_TIMEOUT
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, functools.partial(self.on_pending_socket_readable, conn))

    def finish_request(self, conn: TConn, result: Any) -> None:
        if conn.sock.unfinished:
            conn.sock.unfinished = False
            self.uploading -= 1
            if self.uploads:
                self.enqueue_req(self.uploads.popleft())
        super().finish_request(conn, result)

    def on_pending_socket_readable(self, conn: TConn, client: Paced) -> None:
        seen = client.seen
        if client.has_request():
            super().on_pending_socket_readable(conn, client)
        else:
            conn.timeout += (client.seen - seen) / LEAST_RATE

    def on_client_socket_readable(self, conn: TConn, client: Paced) -> None:
        if client.has_request():
            super().on_client_socket_readable(conn, client)

    def leave(self, conn: TConn, graceful: bool = False) -> None:
        """Closes in two steps (RFC 9112 section 9.6): we have said all, and then the client has, too.

        Gunicorn's own worker waits for the second in the one thread that takes in all others.
        """
        if conn.sock.seen:
            self.log.info("a client has begun a request and said no more")
            conn.sock.refuse()
            graceful = True
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
        self.pending_conns = deque(sorted(self.pending_conns, key=lambda conn: conn.timeout))
        super().murder_pending()
        while self.leaving and self.leaving[0].timeout < time.monotonic():
            self.gone(self.leaving.popleft())

    def _cap_keepalive(self, deadline: float) -> None:
        """At its end, gunicorn waits no longer for those who have asked before; nor for those who never did."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)

    def set_accept_enabled(self, enabled: bool) -> None:
        """At its end, gunicorn's own worker listens until the last answer is given and takes nobody in meanwhile:
        whoever connects then waits, and is cut off. Refused at once, a balancer or a client asks the next process.
        """
        if enabled and time.monotonic() < self.listens_at:
            return
        super().set_accept_enabled(enabled)
        if self.alive:
            return
        shares.forget(self.age)
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
        self.unfinished = False  # a thread has begun with a request, or is to, before all of it is there
        self.asked = False  # whether it was told to send its body
        self.begin()

    def begin(self) -> None:
        """A request."""
        self.waited, self.moved, self.seen, self.arrival = 0.0, 0, 0, Arrival()

    def has_request(self) -> bool:
        """Whether there is enough to begin with, looked at and left where it is. If not, the kernel wakes us for more.

        So there is at its end, or where no more than before came, which is the end as well: reading will tell.
        """
        try:
            waiting = self.recv_unmoved()
        except OSError:
            return True
        whole = len(waiting) <= self.seen or self.arrival.is_whole(waiting)
        self.unfinished = not whole and len(waiting) >= WAITED_FOR
        if self.arrival.asks_first and not whole and not self.asked:
            self.asked = True
            with contextlib.suppress(OSError):  # the client may have gone
                super().send(CONTINUE, socket.MSG_DONTWAIT)
        enough = whole or self.unfinished
        self.seen = 0 if enough else len(waiting)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, self.seen + 1)
        return enough

    def refuse(self) -> None:
        """Says 408 (RFC 9110, section 15.5.9), as far as that goes without waiting."""
        head = "HTTP/1.1 408 Request Timeout\r\nContent-Type: application/problem+json\r\nConnection: close\r\n"
        with contextlib.suppress(OSError):  # the client may have gone
            self.send(f"{head}Content-Length: {len(TOO_SLOW)}\r\n\r\n".encode() + TOO_SLOW)

    def recv_unmoved(self) -> bytes:
        return super().recv(WAITED_FOR, socket.MSG_PEEK | socket.MSG_DONTWAIT)

    def send(self, data: Any, *how: Any) -> int:
        if self.asked and data == CONTINUE:  # gunicorn would say it now
            self.asked = False
            return len(CONTINUE)
        return super().send(data, *how)

    def recv(self, *how: Any) -> bytes:
        began = time.monotonic()
        chunk = super().recv(*how)
        if not chunk and self.moved:  # RFC 9112, section 8: what is incomplete must not be taken for whole
            raise ConnectionResetError(errno.ECONNRESET, "the client left within its request")
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
