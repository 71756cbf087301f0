"""A request is whole with its last byte, and not before it."""

from __future__ import annotations

import pytest

from shop.arrival import Arrival

HEAD = b"POST /orders HTTP/1.1\r\nHost: shop\r\n"
REQUESTS = {
    "no body": b"GET / HTTP/1.1\r\nHost: shop\r\n\r\n",
    "a length": HEAD + b"Content-Length: 5\r\n\r\n\r\n\r\n0",
    "a length with zeros before it": HEAD + b"content-length:\t0000000000000000000002 \r\n\r\n{}",
    "chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "chunks that look like the end": HEAD + b"Transfer-Encoding:chunked\r\n\r\n7;a=b\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n",
    "chunks in another coding": HEAD + b"TRANSFER-ENCODING: gzip, chunked\r\n\r\nA\r\n0123456789\r\n000\r\n\r\n",
    "lines after the chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n0;x\r\nX-Sum: a\r\nX-Sum: b\r\n\r\n",
}


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
@pytest.mark.parametrize("step", [1, 2, 7, 1000])
def test_it_is_whole_with_its_last_byte(request_: bytes, step: int) -> None:
    arrival = Arrival()
    for end in range(0, len(request_), step):
        assert not arrival.is_whole(request_[:end])

    assert arrival.is_whole(request_)


@pytest.mark.parametrize(
    "head", [b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"Content-Length: 5\r\nContent-Length: 6\r\n"]
)
def test_what_will_be_refused_for_its_head_is_not_waited_for(head: bytes) -> None:
    assert Arrival().is_whole(HEAD + head + b"\r\n")


def test_a_chunk_without_a_size_is_not_waited_for() -> None:
    assert Arrival().is_whole(HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n")


@pytest.mark.parametrize(("version", "asks"), [(b"1.1", True), (b"1.0", False)])
def test_only_who_knows_that_answer_asks_to_hear_whether_to_go_on(version: bytes, asks: bool) -> None:
    arrival = Arrival()
    head = HEAD.replace(b"1.1", version) + b"Accept: */*\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n"

    assert not arrival.is_whole(head)
    assert arrival.asks_first is asks
