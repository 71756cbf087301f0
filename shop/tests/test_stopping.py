"""SIGTERM to the real web and live processes, as a deployment sends it: nobody who is being served notices.

What it does to the worker and to the relay is in `events/tests/test_stopping.py`.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from accounts.models import User
from accounts.tickets import ticket_for
from events.tests.conftest import processes, wait_until
from local.emulator import answers
from local.ports import free_port
from shop.processes import command
from shop.tests.conftest import Feed, publish

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.made_up_events]

Serve = Callable[[str], tuple[subprocess.Popen[bytes], int]]


@pytest.fixture
def serve(transactional_db: None, tmp_path: Path) -> Iterator[Serve]:
    """Starts a process as production does, on the test's database; gives it and its port once it answers."""
    with processes({"SECURE_COOKIES": "false"}, logs=tmp_path) as run:

        def start(name: str) -> tuple[subprocess.Popen[bytes], int]:
            port = free_port()
            process = run(*command(name, host="127.0.0.1", port=port, scratch=str(tmp_path)))
            wait_until(lambda: answers(f"http://127.0.0.1:{port}/health/live") or process.poll() is not None)
            assert process.poll() is None
            return process, port

        yield start


def get(line: HTTPConnection, path: str) -> HTTPResponse:
    line.request("GET", path)
    answer = line.getresponse()
    answer.read()
    return answer


@contextmanager
def products_locked() -> Iterator[psycopg.Connection]:
    """While it is, whoever reads products waits inside PostgreSQL."""
    database = connection.settings_dict
    with psycopg.connect(
        host=database["HOST"], port=database["PORT"], dbname=database["NAME"], user=database["USER"]
    ) as other:
        other.execute("LOCK TABLE catalog_product IN ACCESS EXCLUSIVE MODE")
        yield other


def waiting_for_locks() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        row = cursor.fetchone()
    return int(row[0])


def test_the_web_process_answers_what_it_has_begun_and_says_goodbye(serve: Serve, tmp_path: Path) -> None:
    process, port = serve("web")
    heard: list[HTTPResponse] = []

    def ask_twice(line: HTTPConnection) -> None:
        heard.extend(get(line, path) for path in ("/products", "/health/live"))

    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as line:
        asking = threading.Thread(target=ask_twice, args=(line,))
        with products_locked():
            asking.start()
            wait_until(waiting_for_locks)
            process.terminate()
            wait_until(lambda: "Handling signal: term" in (tmp_path / "0.log").read_text())
            assert not heard
        asking.join(60)

    assert [(answer.status, answer.getheader("Connection")) for answer in heard] == [
        (200, "keep-alive"),
        (200, "close"),
    ]
    assert process.wait(60) == 0


def test_the_live_process_asks_its_sockets_to_come_back_after_the_last_event(serve: Serve, staff: User) -> None:
    process, port = serve("live")
    offer = [Subprotocol("bearer"), Subprotocol(ticket_for(staff))]
    with connect(f"ws://127.0.0.1:{port}/ws/events", subprotocols=offer, proxy=None) as client:
        feed = Feed(client)
        feed.hello()
        event = publish(None)
        assert feed.read()["id"] == str(event.id)

        process.terminate()

        assert feed.close_code() == 1012
    assert process.wait(60) == 0
