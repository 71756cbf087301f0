"""Junk is junk, and the same for a seed; and crowds do what they are said to."""

from __future__ import annotations

import socket

from bench.limiting.junk import make
from bench.limiting.slow import HEAD, Crowd

SCHEMA = {"paths": {"/orders": {"post": {}}, "/orders/{id}": {"get": {}, "parameters": []}}}


def test_junk_is_the_same_for_a_seed_and_reaches_every_address() -> None:
    once, again, other = (list(make(SCHEMA, 200, seed)) for seed in (1, 1, 2))

    assert once == again != other
    assert {(one.method, one.path.partition("?")[0] == "/orders") for one in once} == {("POST", True), ("GET", False)}
    assert len({one.body for one in once}) > 50


def test_a_crowd_comes_again_when_it_is_sent_away_and_speaks_by_the_byte() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, Crowd(server.getsockname(), 1, HEAD) as crowd:
        server.settimeout(20)
        first, _ = server.accept()
        with first:
            first.settimeout(20)
            said = first.recv(65536)
            while len(said) < len(HEAD) + 2:
                said += first.recv(65536)
        second, _ = server.accept()
        with second:
            assert said == HEAD + b"a" * (len(said) - len(HEAD))
            assert crowd.cut == 1
