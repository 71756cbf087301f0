"""The gate before a service: it leads there, or it does not, or not in time."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
import requests

from bench.driving.gates import Gate


class Greeter(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # the connection stays

    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Stays silent."""


@pytest.fixture
def gate() -> Iterator[Gate]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Greeter) as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        gate = Gate(server.server_address[1])
        yield gate
        gate.shut()
        server.shutdown()


def ask(gate: Gate, *, within: float = 20) -> int:
    return requests.get(f"http://127.0.0.1:{gate.port}/", timeout=within).status_code


def test_it_leads_to_the_service_unless_it_is_shut(gate: Gate) -> None:
    assert ask(gate) == 204
    gate.shut()
    with pytest.raises(requests.ConnectionError):
        ask(gate)
    gate.open()
    assert ask(gate) == 204


def test_shut_it_hangs_up_on_who_is_there(gate: Gate) -> None:
    with requests.Session() as session:
        session.get(f"http://127.0.0.1:{gate.port}/", timeout=20)
        assert gate.passages
        gate.shut()
        with pytest.raises(requests.ConnectionError):
            session.get(f"http://127.0.0.1:{gate.port}/", timeout=20)


def test_slow_it_keeps_who_comes_waiting(gate: Gate) -> None:
    gate.delay = 60
    with pytest.raises(requests.ReadTimeout):
        ask(gate, within=0.3)
