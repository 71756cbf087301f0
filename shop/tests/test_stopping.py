"""SIGTERM to the real web and live processes, as a deployment sends it: nobody who is being served notices.

What it does to the worker and to the relay is in `events/tests/test_stopping.py`.
"""

from __future__ import annotations

import socket
import threading
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse

import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from accounts.models import User
from accounts.tickets import ticket_for
from events.tests.conftest import wait_until
from local.ports import is_busy
from shop.tests.conftest import Feed, publish
from shop.tests.processes import Serve, products_locked, waiting_for_locks

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.made_up_events]


def get(line: HTTPConnection, path: str) -> HTTPResponse:
    line.request("GET", path)
    answer = line.getresponse()
    answer.read()
    return answer


def test_the_web_process_answers_what_it_has_begun_and_takes_nothing_new(serve: Serve) -> None:
    process, port = serve("web")
    answers: list[HTTPResponse] = []
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as line:
        paths = ("/products", "/health/live")
        asking = threading.Thread(target=lambda: answers.extend(get(line, path) for path in paths))
        with products_locked():
            asking.start()
            wait_until(waiting_for_locks)
            process.terminate()
            wait_until(lambda: not is_busy(port))
            assert not answers
        asking.join(60)

    assert [(answer.status, answer.getheader("Connection")) for answer in answers] == [
        (200, "keep-alive"),  # begun before
        (200, "close"),
    ]
    assert process.wait(60) == 0


def test_connections_without_a_request_do_not_hold_up_the_end(serve: Serve) -> None:
    process, port = serve("web", CLIENT_TIMEOUT="600")
    with socket.create_connection(("127.0.0.1", port), timeout=60) as silent:
        assert is_busy(port)

        process.terminate()

        assert silent.recv(1) == b""
    assert process.wait(60) == 0  # not killed when its patience was over


def test_a_kept_connection_outlasts_the_pauses_of_a_balancer(serve: Serve) -> None:
    """The balancer closes idle ones after 300 seconds. One that we closed first might just be carrying a request."""
    _, port = serve("web")
    with closing(HTTPConnection("127.0.0.1", port, timeout=60)) as line:
        assert get(line, "/health/live").getheader("Connection") == "keep-alive"
        kept = line.sock
        assert get(line, "/health/live").status == 200
        assert line.sock is kept


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
