"""What a rolling change may not do is found where it does it; and its balancer cuts nothing off itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from bench.changing import judging, versions
from bench.changing.balancer import Balancer, Target

ROOT = Path(__file__).resolve().parents[2]


def test_lost_and_unknown_orders_are_found() -> None:
    check = judging.same_orders(["a", "b"], [{"id": "a"}, {"id": "c"}])

    assert check.differences == [
        "order b was answered 201 and is not there",
        "order c is there, and nobody was told of it",
    ]


def test_a_missing_and_a_doubled_document_are_found() -> None:
    check = judging.documents(["a", "b"], [{"order_id": "b"}, {"order_id": "b"}])

    assert sorted(check.differences) == [
        "1 invoices due for order a, 0 made",
        "1 invoices due for order b, 2 made",
    ]


def test_a_gap_in_the_numbers_is_found() -> None:
    row = {"series": "INV", "year": 2026, "documents": 2, "highest": 3, "last": 3}

    assert judging.numbers([row]).differences == ["INV: 2 documents, last number 3"]


def test_missing_and_unsent_mails_are_found() -> None:
    due = judging.expected_mails(["a", "b"], [])
    row = {"order_id": "a", "kind": "order_received", "to": "a@example.com", "status": "failed"}

    assert judging.written(due, [row]).differences == [
        "order_received of b: 1 due, 0 written",
        "order_received to a@example.com is failed",
    ]


def test_a_version_that_placed_nothing_and_a_process_that_was_killed_are_found() -> None:
    assert judging.both_wrote([{"placed_by": "", "count": 3}], "2.0.0").differences == ["no order was placed by 2.0.0"]
    assert judging.ended_well({"web-A": 0, "web-B": -9}).differences == ["web-B ended with status -9"]


def test_version_b_can_be_made_of_this_one_and_differs_in_a_column(tmp_path: Path) -> None:
    versions.make(ROOT, tmp_path / "b")

    assert f'VERSION = "{versions.VERSION}"' in (tmp_path / "b" / "shop" / "settings.py").read_text()
    assert "placed_by = " in (tmp_path / "b" / "orders" / "models" / "orders.py").read_text()
    (migration,) = (tmp_path / "b" / "orders" / "migrations").glob("*_placed_by.py")
    assert len(list(migration.parent.glob(f"{migration.name[:4]}*"))) == 1


class Slow(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    begun, go_on = threading.Event(), threading.Event()

    def do_GET(self) -> None:
        if self.path == "/slow":
            self.begun.set()
            self.go_on.wait(20)
        body = f"{self.connection.getsockname()[1]}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def targets() -> Iterator[list[Target]]:
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Slow) for _ in range(2)]
    for server in servers:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield [Target(name, server.server_port) for name, server in zip("AB", servers, strict=True)]
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def balancer() -> Iterator[Balancer]:
    balancer = Balancer()
    balancer.start()
    yield balancer
    balancer.stop()


def test_the_balancer_lets_a_request_end_and_sends_a_target_that_left_no_other(
    balancer: Balancer, targets: list[Target]
) -> None:
    old, new = targets
    balancer.register(old)
    client = requests.Session()
    client.trust_env = False
    address = f"http://127.0.0.1:{balancer.port}"
    assert client.get(address, timeout=20).text == str(old.port)  # the connection is kept
    answers: list[str] = []
    slow = threading.Thread(target=lambda: answers.append(requests.get(f"{address}/slow", timeout=20).text))
    slow.start()
    assert Slow.begun.wait(20)

    balancer.register(new)
    balancer.deregister(old)

    assert {client.get(address, timeout=20).text for _ in range(4)} == {str(new.port)}
    Slow.go_on.set()
    slow.join(20)
    assert answers == [str(old.port)]
    assert balancer.served == {"A": 2, "B": 4}


def test_without_a_target_the_balancer_says_503_and_with_a_broken_one_502(balancer: Balancer) -> None:
    client = requests.Session()
    client.trust_env = False
    address = f"http://127.0.0.1:{balancer.port}"

    assert client.get(address, timeout=20).status_code == 503
    balancer.register(Target("A", 9))
    assert client.get(address, timeout=20).status_code == 502
