"""The client of the mixed load sends by the clock, and counts what is not answered."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from bench.mixing.client import Client, Request

REQUEST = Request("list", b"GET /products HTTP/1.1\r\nHost: bench.test\r\n\r\n")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[Client]:
    """A client of an address where each connection is `answer`'s, in a thread of its own."""
    open_: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def accept() -> None:
        with suppress(OSError):  # the end of the test shuts it
            while True:
                connection, _ = listening.accept()
                open_.append(connection)
                threads.append(threading.Thread(target=one, args=(connection,)))
                threads[-1].start()

    def one(connection: socket.socket) -> None:
        with connection, suppress(OSError):  # the client may be gone
            answer(connection)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threads.append(threading.Thread(target=accept))
        threads[0].start()
        yield Client("127.0.0.1", listening.getsockname()[1], lambda: REQUEST, seed=1)
        listening.shutdown(socket.SHUT_RDWR)
        for connection in open_:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()


def test_it_sends_on_while_nothing_has_been_answered() -> None:
    all_have_asked = threading.Barrier(5)

    def answer(connection: socket.socket) -> None:
        connection.recv(1000)
        all_have_asked.wait(20)  # a client that waits for its answers never gets past this
        connection.sendall(ANSWER)
        connection.recv(1000)

    with server(answer) as client:
        told = client.run_count(5, 100)

    assert told.statuses == Counter({("list", 200): 5})
    assert told.connections == 5


def test_it_uses_a_connection_again_and_takes_an_answer_in_pieces() -> None:
    def answer(connection: socket.socket) -> None:
        while connection.recv(1000):
            for piece in (ANSWER[:20], ANSWER[20:-1], ANSWER[-1:]):
                connection.sendall(piece)

    with server(answer) as client:
        told = client.run_count(30, 15)

    assert told.statuses == Counter({("list", 200): 30})
    assert told.connections < 30


def test_what_is_cut_off_counts_as_unanswered_with_the_time_it_waited() -> None:
    def hang_up(connection: socket.socket) -> None:
        connection.recv(1000)

    with server(hang_up) as client:
        told = client.run_count(3, 100)

    assert told.statuses == Counter({("list", 0): 3})
    assert len(told.latencies["list"]) == 3
