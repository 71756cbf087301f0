"""Bodies without a Content-Length, sent to the server that production runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import pytest

from api.tests.served import served
from api.tests.test_raw_requests import CHUNKED, ask

KIB = 1024


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """What is asked of it here ends before it needs a database."""
    with served() as port:
        yield port


def post(port: int, chunks: Iterator[bytes]) -> tuple[int, dict[str, Any]]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(
            "POST", "/orders", body=chunks, headers={"Content-Type": "application/json"}, encode_chunked=True
        )
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_a_chunked_body_is_read(port: int) -> None:
    body = json.dumps({"items": [], "colour": "red"}).encode()

    status, problem = post(port, (body[i : i + 7] for i in range(0, len(body), 7)))

    assert (status, problem["code"]) == (400, "validation_error")
    assert [row["field"] for row in problem["errors"]] == ["colour"]


@pytest.mark.parametrize("end", [b"0\r\nX-Sum: a\r\n\r\n", b"0;x=y\r\n\r\n", b"00\r\n\r\n"])
def test_lines_after_the_last_chunk_and_its_extensions_are_read_over(port: int, end: bytes) -> None:
    status, body = ask(port, b"POST /orders HTTP/1.1\r\n", CHUNKED, b"2;x=y\r\n{}\r\n", end)

    assert (status, json.loads(body)["code"]) == (400, "validation_error")


@pytest.mark.parametrize("mebibytes", [2, 20])
def test_a_chunked_body_over_one_mebibyte_is_413(port: int, mebibytes: int) -> None:
    status, problem = post(port, (b" " * KIB for _ in range(KIB * mebibytes)))

    assert (status, problem["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(("path", "expected"), [("/orders", 413), ("/me", 405), ("/products", 401)])
def test_whoever_sends_a_large_body_that_is_refused_gets_the_answer(port: int, path: str, expected: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", path, body=b" " * KIB * KIB * 20, headers={"Content-Type": "application/json"})
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["status"]) == (expected, expected)
    connection.close()
