"""Connections to the live process from which no request comes, or none with an end."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from pytest_django.fixtures import Settings

from accounts.models import User
from shop.tests.conftest import PATIENCE, Listen, LiveServer, publish

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.made_up_events]


@pytest.fixture
def connection(live: LiveServer, settings: Settings) -> Iterator[socket.socket]:
    settings.CLIENT_TIMEOUT = 1
    address = urlsplit(live.http)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=PATIENCE) as connection:
        yield connection


def test_a_connection_without_a_word_is_closed(connection: socket.socket) -> None:
    assert connection.recv(1) == b""


def test_a_request_that_comes_by_the_byte_is_cut_off(connection: socket.socket) -> None:
    pause, sent = threading.Event(), 0
    connection.sendall(b"GET /ws/events HTTP/1.1\r\nHost: ")
    with pytest.raises(OSError):
        while sent < 200:
            connection.sendall(b"a")
            sent += 1
            pause.wait(0.1)
    assert sent < 200


def test_a_head_without_an_end_is_refused_before_it_fills_the_memory(connection: socket.socket) -> None:
    connection.sendall(b"GET /ws/events HTTP/1.1\r\n")
    with pytest.raises(OSError):
        for number in range(64 * 1024):
            connection.sendall(b"X-%d: %s\r\n" % (number, b"a" * 1000))


def test_a_socket_may_be_silent_for_as_long_as_it_likes(listen: Listen, customer: User, settings: Settings) -> None:
    settings.CLIENT_TIMEOUT = 1
    feed = listen(customer)
    feed.hello()
    threading.Event().wait(1.5)

    event = publish(customer)

    assert feed.read()["id"] == str(event.id)


def test_one_connection_may_ask_again(live: LiveServer) -> None:
    connection = http.client.HTTPConnection(urlsplit(live.http).netloc, timeout=PATIENCE)
    statuses, ends = [], set()
    for _ in range(3):
        connection.request("GET", "/health/live")
        ends.add(connection.sock.getsockname())
        with connection.getresponse() as response:
            statuses.append(response.status)
            response.read()
    connection.close()

    assert (statuses, len(ends)) == ([200] * 3, 1)
