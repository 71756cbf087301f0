"""What a client of `/ws/events` is told."""

from __future__ import annotations

import socket
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError

import pytest
from django.db import connection
from pytest_django.fixtures import Settings
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from accounts.models import User
from events.models import Event
from notifications.live import follower
from shop.tests.cable import Cable
from shop.tests.conftest import Feed, Listen, LiveServer, give_positions, publish, record

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.made_up_events]


def test_it_tells_of_an_event_in_the_shape_of_the_contract(listen: Listen, customer: User) -> None:
    feed = listen(customer)
    assert feed.hello() == "0"
    event = publish(customer, total="12.90", lines=[{"sku": "A", "quantity": 1}])
    message = feed.read()
    assert message == {
        "id": str(event.id),
        "cursor": "1",
        "type": "OrderCreated",
        "time": event.time.isoformat().replace("+00:00", "Z"),
        "subject": event.subject,
        "data": {"total": "12.90", "lines": [{"sku": "A", "quantity": 1}]},
    }


def test_the_token_may_come_as_a_subprotocol_which_the_server_selects(
    live: LiveServer, customer: User, mint: Callable[..., str]
) -> None:
    protocols = [Subprotocol("bearer"), Subprotocol(mint(customer))]
    with connect(f"{live.ws}/ws/events", subprotocols=protocols, proxy=None) as client:
        assert client.subprotocol == "bearer"
        assert Feed(client).hello() == "0"


def test_a_customer_hears_of_their_own_events_alone_and_staff_of_all(
    listen: Listen, customer: User, other_customer: User, staff: User
) -> None:
    mine, all_of_them = listen(customer), listen(staff)
    mine.hello(), all_of_them.hello()
    events = [publish(other_customer), publish(None, type="StockChanged"), publish(customer)]
    assert mine.read()["id"] == str(events[2].id)
    assert [message["id"] for message in all_of_them.read_many(3)] == [str(event.id) for event in events]


@pytest.mark.parametrize("held_in_memory", [True, False])
def test_what_was_missed_is_sent_to_its_owner_alone(
    listen: Listen, customer: User, other_customer: User, held_in_memory: bool
) -> None:
    if held_in_memory:  # the first socket starts the reader; what came before it is in the database alone
        listen(other_customer).hello()
    publish(other_customer)
    mine = publish(customer)
    publish(other_customer)
    feed = listen(customer, after=0)
    assert feed.hello() == "0"
    assert feed.read()["id"] == str(mine.id)
    last = publish(customer)
    assert feed.read()["id"] == str(last.id)


def test_a_long_log_is_looked_through_in_stretches_of_which_some_are_empty(
    listen: Listen, customer: User, other_customer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "STRETCH", 4)
    ids = [str(publish(customer if number in (4, 13, 17) else other_customer).id) for number in range(1, 19)]
    feed = listen(customer, after=0)
    assert feed.hello() == "0"
    assert [message["id"] for message in feed.read_many(3)] == [ids[3], ids[12], ids[16]]
    last = publish(customer)
    assert feed.read()["id"] == str(last.id)


@pytest.mark.parametrize("held_in_memory", [True, False])
def test_types_narrows_what_is_sent(listen: Listen, staff: User, customer: User, held_in_memory: bool) -> None:
    if held_in_memory:
        listen(staff).hello()
    publish(customer, type="OrderCreated")
    old = publish(customer, type="OrderConfirmed")
    feed = listen(staff, types="OrderConfirmed,OrderCancelled", after=0)
    feed.hello()
    publish(customer, type="OrderCreated")
    new = publish(customer, type="OrderCancelled")
    assert [message["id"] for message in feed.read_many(2)] == [str(old.id), str(new.id)]


def test_an_event_without_a_position_is_not_told_of_before_it_has_one(listen: Listen, customer: User) -> None:
    feed = listen(customer)
    feed.hello()
    early = record(customer, number=1)
    late = publish(customer, number=2)  # the statement gives the early one its position first
    assert [message["id"] for message in feed.read_many(2)] == [str(early.id), str(late.id)]


def test_resuming_leaves_no_gap_and_repeats_nothing_while_events_come_in(listen: Listen, customer: User) -> None:
    total, cursor, seen = 300, "0", list[str]()

    def keep_publishing() -> None:
        try:
            for number in range(total):
                record(customer, number=number)
                if number % 7 == 0:
                    give_positions()
            give_positions()
        finally:
            connection.close()

    publisher = threading.Thread(target=keep_publishing)
    publisher.start()
    try:
        while len(seen) < total:
            feed = listen(customer, after=cursor)
            assert feed.hello() == cursor
            for message in feed.read_many(min(23, total - len(seen))):
                seen.append(message["id"])
                cursor = message["cursor"]
            feed.client.close()
    finally:
        publisher.join()
    expected = [str(id_) for id_ in Event.objects.order_by("position").values_list("id", flat=True)]
    assert seen == expected


def test_a_slow_client_gets_everything_in_order_and_holds_nobody_up(
    live: LiveServer, listen: Listen, staff: User, customer: User, mint: Callable[..., str]
) -> None:
    count, padding = 2500, "x" * 4000  # more than the hub keeps, and more than all buffers on the way hold
    slow, quick = listen(staff), listen(customer)
    slow.hello(), quick.hello()
    for start in range(0, count, 500):
        Event.objects.bulk_create(
            Event(type="OrderCreated", subject="order/x", data={"n": n, "padding": padding}, customer_id=customer.pk)
            for n in range(start, start + 500)
        )
        give_positions()
    assert [message["data"]["n"] for message in quick.read_many(count)] == list(range(count))
    assert [message["cursor"] for message in slow.read_many(count)] == [str(n + 1) for n in range(count)]


def in_the_kernel(live: LiveServer) -> int:
    """Bytes that wait there for clients of the live process to take them (proc_net_tcp(5), `tx_queue`)."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ours = f":{live.listener.getsockname()[1]:04X}"
    return sum(int(row[4].partition(":")[0], 16) for row in rows if row[1].endswith(ours))


def test_what_is_held_for_a_client_that_does_not_read_is_bounded(
    live: LiveServer, listen: Listen, staff: User, customer: User, mint: Callable[..., str]
) -> None:
    padding, count = "x" * 4000, 2000  # eight megabytes
    quick = listen(customer)
    quick.hello()
    with socket.create_connection(("127.0.0.1", live.listener.getsockname()[1])) as unread:
        unread.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        request = "GET /ws/events HTTP/1.1\r\nHost: live\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        request += "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c2hvcC1zaG9wLXNob3AtMQ==\r\n"
        unread.sendall(f"{request}Authorization: Bearer {mint(staff)}\r\n\r\n".encode())
        while b"hello" not in unread.recv(4096):
            continue
        for start in range(0, count, 500):
            Event.objects.bulk_create(
                Event(type="OrderCreated", subject="order/x", data={"padding": padding}, customer_id=customer.pk)
                for _ in range(start, start + 500)
            )
            give_positions()
        quick.read_many(count)  # as much was to be told to the other one
        assert 0 < in_the_kernel(live) <= 128 * 1024


def test_an_outage_of_the_database_closes_no_socket_and_loses_no_event(
    listen: Listen, customer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = connection.settings_dict
    with Cable(address["HOST"], int(address["PORT"])) as cable:
        monkeypatch.setitem(address, "PORT", str(cable.port))  # Django's own pool is connected already
        feed = listen(customer)
        feed.hello()
        first = publish(customer)
        assert feed.read()["id"] == str(first.id)
        cable.cut()
        missed = [publish(customer) for _ in range(3)]
        cable.mend()
        assert [message["id"] for message in feed.read_many(3)] == [str(event.id) for event in missed]
        last = publish(customer)
        assert feed.read()["id"] == str(last.id)
        assert len(listen(customer, after=0).read_many(6)) == 6


def test_the_live_process_answers_for_its_health_and_nothing_else(live: LiveServer) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{live.http}/health/live") as answer:
        assert answer.status == 200
    for path in ("/", "/products", "/health/live/", "/ws/events"):
        with pytest.raises(HTTPError) as refused:
            opener.open(live.http + path)
        assert refused.value.code == 404
        assert refused.value.headers["Content-Type"] == "application/problem+json"
        refused.value.close()


@pytest.mark.parametrize("path", ["/ws", "/ws/events/", "/"])
def test_there_is_no_other_socket(live: LiveServer, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(live.ws + path, proxy=None)
    assert refused.value.response.status_code == 403


@pytest.mark.usefixtures("customer")
def test_what_a_client_says_does_not_disturb_its_feed(listen: Listen, customer: User, settings: Settings) -> None:
    feed = listen(customer)
    feed.hello()
    for word in ("hello", "{", "\x00"):
        feed.client.send(word)
    feed.client.send(b"\xff\xfe")
    event = publish(customer)
    heard = sorted(feed.read_many(5), key=lambda message: "id" in message)
    assert [message.get("code") for message in heard] == ["permission_denied"] * 4 + [None]
    assert heard[4]["id"] == str(event.id)
