"""What no library of clients would send, written to the socket of the server that production runs."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.tests.served import served

HEAD = b"Host: 127.0.0.1\r\nConnection: close\r\n"
JSON = HEAD + b"Content-Type: application/json\r\n"
CHUNKED = JSON + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with served(CLIENT_TIMEOUT="1") as port:
        yield port


def ask(port: int, *words: bytes) -> tuple[int, bytes]:
    """Sends the words as they are, keeps the line open, and gives status and body; status 0 is a line that was cut."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(b"".join(words))
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]) if head else 0, body


@pytest.mark.parametrize(
    ("request_line", "headers", "expected"),
    [
        (b"GET /" + b"a" * 4100, HEAD, {414}),
        (b"GET /", HEAD + b"X-Long: " + b"a" * 8200 + b"\r\n", {431}),
        (b"GET /", HEAD + b"X-Many: a\r\n" * 70, {431}),
        (b"GET /", HEAD + b"X-Null: a\x00b\r\n", {400}),
        (b"GET /", HEAD + b"no colon\r\n", {400}),
        (b"GET /", HEAD + b"Host: evil.example\r\n", {400}),
        (b"GET /\x00", HEAD, {400}),
        (b"GET /\xff", HEAD, {400}),
        (b"POST /orders", JSON + b"Content-Length: 2\r\nContent-Length: 5\r\n", {400}),
        (b"POST /orders", JSON + b"Content-Length: 2\r\nContent-Length: 2\r\n", {400}),
        (b"POST /orders", JSON + b"Content-Length: -1\r\n", {400}),
        (b"POST /orders", JSON + b"Content-Length: +2\r\n", {400}),
        (b"POST /orders", JSON + "Content-Length: ٢\r\n".encode(), {400}),
        (b"POST /orders", JSON + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", {400}),
        (b"POST /orders", JSON + b"Transfer-Encoding: gzip\r\n", {400, 501}),
        (b"POST /orders", JSON + b"Content-Length: 1" + b"0" * 30 + b"\r\n", {413}),
    ],
    ids=str,
)
def test_what_cannot_be_a_request_is_refused(
    port: int, request_line: bytes, headers: bytes, expected: set[int]
) -> None:
    status, _ = ask(port, request_line, b" HTTP/1.1\r\n", headers, b"\r\n")

    assert status in expected


@pytest.mark.parametrize(
    "chunks",
    [b"zz\r\n{}\r\n0\r\n\r\n", b"-2\r\n{}\r\n0\r\n\r\n"],
    ids=["no size", "less than nothing"],
)
def test_chunks_that_are_none_are_400(port: int, chunks: bytes) -> None:
    status, body = ask(port, b"POST /orders HTTP/1.1\r\n", CHUNKED, chunks)

    assert (status, json.loads(body)["code"]) == (400, "unreadable_body")


def test_a_body_whose_end_does_not_come_is_408(port: int) -> None:
    more_than_there_is = b"FFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n"
    for words in (
        JSON + b"Content-Length: 1000\r\n\r\n{}",
        CHUNKED + b"2\r\n{}",
        CHUNKED + more_than_there_is,
    ):
        status, body = ask(port, b"POST /orders HTTP/1.1\r\n", words)

        assert (status, json.loads(body)["code"]) == (408, "request_timeout")


def test_a_body_that_ends_before_it_should_is_400(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(b"POST /orders HTTP/1.1\r\n" + JSON + b"Content-Length: 1000\r\n\r\n{}")
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"unreadable_body"' in answer


def test_clients_that_begin_and_never_end_do_not_hold_the_server(port: int) -> None:
    """Twice as many as it has threads."""
    silent = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(4)]
    try:
        for connection in silent[:2]:
            connection.sendall(b"GET / HTTP/1.1\r\nHost:")
        for connection in silent[2:]:
            connection.sendall(b"POST /orders HTTP/1.1\r\n" + JSON + b"Content-Length: 1000\r\n\r\n{")

        assert ask(port, b"GET / HTTP/1.1\r\n", HEAD, b"\r\n")[0] == 200
    finally:
        for connection in silent:
            connection.close()


def test_the_address_of_an_absolute_request_is_not_taken_for_the_host(port: int) -> None:
    status, body = ask(port, b"GET http://evil.example/ HTTP/1.1\r\n", HEAD, b"\r\n")

    assert status == 200
    assert b"evil" not in body


def test_the_log_names_what_was_no_request_and_who_fell_silent_in_a_line_each_without_a_token(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log, served(log=log, CLIENT_TIMEOUT="1") as port:
        refused, _ = ask(port, b"GET /orders/1?tracking_token=very-secret\x00 HTTP/1.1\r\n", HEAD, b"\r\n")
        cut, _ = ask(port, b"GET / HTTP/1.1\r\nHost:")

    text = (tmp_path / "log").read_text()
    assert (refused, cut) == (400, 408)
    assert "tracking_token=[removed]" in text
    assert "a client has begun a request and said no more" in text
    assert "very-secret" not in text
    assert "Traceback" not in text
