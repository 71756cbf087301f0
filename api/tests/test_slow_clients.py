"""Clients that take their time, more of them than the server has threads: they may lose, and nobody else."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from api.tests.served import served
from api.tests.test_raw_requests import HEAD, JSON, ask

THREADS = 2
MANY = 8 * THREADS


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with served(CLIENT_TIMEOUT="1") as port:
        yield port


@pytest.fixture
def crowd(port: int) -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(connected(port)) for _ in range(4 * THREADS)]


def connected(port: int, **options: int) -> socket.socket:
    connection = socket.socket()
    connection.settimeout(30)
    for name, value in options.items():
        connection.setsockopt(socket.SOL_SOCKET, getattr(socket, name), value)
    connection.connect(("127.0.0.1", port))
    return connection


def is_served(port: int) -> bool:
    return ask(port, b"GET / HTTP/1.1\r\n", HEAD, b"\r\n")[0] == 200


def drip(connection: socket.socket, over: threading.Event) -> bool:
    """A byte every tenth of a second, for as long as the server listens. False if it still did when all was over."""
    while not over.wait(0.1):
        try:
            connection.sendall(b"a")
        except OSError:
            return True
    return False


ORDER = b"POST /orders HTTP/1.1\r\n" + JSON
HALF = {
    "no word": b"",
    "half a head": b"GET / HTTP/1.1\r\nHost: ",
    "half a body": ORDER + b"Content-Length: 100000\r\n\r\n{",
    "a length of many digits": ORDER + b"Content-Length: 0000000000000000000100\r\n\r\n{",
    "a body that waits to be asked for": ORDER + b"Expect: 100-continue\r\nContent-Length: 100\r\n\r\n",
    "half of the chunks": ORDER + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}",
    "half of the chunks, without a space": ORDER + b"Transfer-Encoding:chunked\r\n\r\n2\r\n{}",
    "a chunk that looks like the last": ORDER + b"Transfer-Encoding: chunked\r\n\r\n20\r\n{\r\n0\r\n\r\n",
}
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.mark.parametrize("beginning", HALF.values(), ids=HALF)
def test_connections_without_a_whole_request_take_no_thread(beginning: bytes) -> None:
    with served(CLIENT_TIMEOUT="600") as port, contextlib.ExitStack() as stack:
        silent = [stack.enter_context(connected(port)) for _ in range(MANY)]
        for connection in silent:
            connection.sendall(beginning)

        assert is_served(port)
        for connection in silent:
            if b"Expect" in beginning:
                assert connection.recv(len(CONTINUE)) == CONTINUE
            connection.setblocking(False)
            with pytest.raises(BlockingIOError):  # it is still open: none was sent away to make room
                connection.recv(1)


LARGE = b"Content-Length: 60000000\r\n\r\n" + b" " * 70_000
UPLOADS = {
    "refused": b"POST /me HTTP/1.1\r\n" + JSON + LARGE,
    "behind another request": b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" + ORDER,
}


@pytest.mark.parametrize("beginning", UPLOADS.values(), ids=UPLOADS)
def test_uploads_that_stop_half_way_leave_threads_for_others(beginning: bytes) -> None:
    """What is too long to be waited for by the kernel is waited for by threads, but not by all of them."""
    with served(CLIENT_TIMEOUT="600") as port, contextlib.ExitStack() as stack:
        for _ in range(MANY):
            stack.enter_context(connected(port)).sendall(beginning)

        assert is_served(port)


def test_uploads_that_had_to_wait_are_read_in_the_end(port: int) -> None:
    body = b" " * 200_000 + b"{}"
    asked = ORDER + b"Content-Length: %d\r\n\r\n" % len(body)
    with contextlib.ExitStack() as stack:
        uploads = [stack.enter_context(connected(port)) for _ in range(4 * THREADS)]
        for upload in uploads:
            upload.sendall(asked + body[:70_000])
        for upload in uploads:
            upload.sendall(body[70_000:])

        assert {upload.recv(65536).split(b" ")[1] for upload in uploads} == {b"400"}


def test_a_head_in_pieces_is_put_together_also_on_a_connection_that_was_used(port: int) -> None:
    pause = threading.Event()
    statuses = []
    with connected(port) as connection:
        for _ in range(2):
            for piece in (b"GET /health/li", b"ve HTTP/1.1\r\nHost: 127.0", b".0.1\r\n\r", b"\n"):
                connection.sendall(piece)
                pause.wait(0.05)
            statuses.append(connection.recv(65536).split(b" ")[1])

    assert statuses == [b"200", b"200"]


def test_who_waits_to_be_asked_for_the_body_is_asked(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(ORDER + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")

        assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"{}")
        assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")


def test_who_hangs_up_within_a_head_is_let_go(port: int) -> None:
    with connected(port) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHo")
        connection.shutdown(socket.SHUT_WR)

        assert connection.recv(1) == b""


def test_a_connection_without_a_word_is_closed_in_the_end(crowd: list[socket.socket]) -> None:
    assert {connection.recv(1) for connection in crowd} == {b""}


@pytest.mark.parametrize(
    "beginning",
    [b"GET / HTTP/1.1\r\nHost: ", ORDER + b"Content-Length: 100000\r\n\r\n{"],
    ids=["headers", "body"],
)
def test_requests_that_come_by_the_byte_are_cut_off(port: int, crowd: list[socket.socket], beginning: bytes) -> None:
    over = threading.Event()
    cut: list[bool] = []
    for connection in crowd:
        connection.sendall(beginning)
    drippers = [threading.Thread(target=lambda one=one: cut.append(drip(one, over))) for one in crowd]
    for dripper in drippers:
        dripper.start()

    assert is_served(port)
    for dripper in drippers:
        dripper.join(timeout=60)
    over.set()
    assert cut == [True] * len(crowd)


def test_those_who_do_not_read_their_answer_are_cut_off(port: int) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(MANY):
            connection = stack.enter_context(connected(port, SO_RCVBUF=2048))
            connection.sendall(b"GET /schema HTTP/1.1\r\n" + HEAD + b"\r\n")

        assert is_served(port)


def test_those_who_neither_speak_nor_close_after_the_last_answer_hold_up_nobody(port: int) -> None:
    with contextlib.ExitStack() as stack:
        done = [stack.enter_context(connected(port)) for _ in range(3 * MANY)]
        for connection in done:
            connection.sendall(b"GET /health/live HTTP/1.1\r\n" + HEAD + b"\r\n")
        for connection in done:
            while connection.recv(65536):
                pass  # to the end of what it says

        assert is_served(port)


def test_a_body_that_comes_slowly_but_steadily_is_read(port: int) -> None:
    """Longer than a client may be silent, with no silence in it."""
    body = b'{"a": "' + b"a" * 6000 + b'"}'
    pause = threading.Event()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(ORDER + b"Content-Length: %d\r\n\r\n" % len(body))
        for start in range(0, len(body), 300):
            connection.sendall(body[start : start + 300])
            pause.wait(0.08)
        answer = connection.recv(65536)

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"unreadable_body"' not in answer
