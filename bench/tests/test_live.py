"""What a socket was not told is found, and a socket that was cut off comes back where it was."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from accounts.models import User
from bench.driving.gates import Gate
from bench.living.comparing import Heard, Log, Told, Verdict, compare
from bench.living.crowd import Crowd
from bench.living.line import CLOSE, FIN, PING, TEXT, frame
from bench.living.wires import PLAIN, Notifications
from shop.tests.conftest import LiveServer, publish

PHASES = [("first", 0.0), ("then", 25.0)]
EVENTS = [Told(1, "a", "carla", 10.0), Told(2, "b", "oscar", 20.0), Told(4, "c", "carla", 30.0)]


def verdict(owner: str | None, *positions: int, start: int = 0, slow: bool = False) -> Verdict:
    heard = Heard(owner, start, positions, [40.0] * len(positions), slow)
    return compare(Log(EVENTS), [heard], PHASES)


def test_all_of_ones_own_in_order_is_as_it_must_be() -> None:
    for good in (verdict(None, 1, 2, 4), verdict("carla", 1, 4), verdict("carla", 4, start=1), verdict("nobody")):
        assert good.examples == []
        assert good.expected == good.heard


@pytest.mark.parametrize(
    ("owner", "positions", "fault"),
    [
        (None, (1, 4), "missing"),
        ("carla", (), "missing"),
        ("carla", (1, 1, 4), "repeated"),
        ("carla", (4, 1), "out_of_order"),
        ("carla", (1, 2, 4), "strange"),
        (None, (1, 2, 3, 4), "strange"),
    ],
)
def test_a_gap_a_repeat_another_order_and_what_is_not_ones_own_are_found(
    owner: str | None, positions: tuple[int, ...], fault: str
) -> None:
    found = verdict(owner, *positions)

    assert getattr(found, fault) > 0
    assert len(found.examples) == 1


def test_an_event_counts_for_the_phase_in_which_it_was_recorded_and_the_slow_are_not_timed() -> None:
    timed, slow = verdict(None, 1, 2, 4), verdict(None, 1, 2, 4, slow=True)

    assert timed.events_in == timed.heard_in == slow.heard_in == {"first": 2, "then": 1}
    assert {name: (late.count, late.max) for name, late in timed.late.items()} == {
        "first": (2, 30.0),
        "then": (1, 10.0),
    }
    assert slow.late == {}


@pytest.mark.parametrize(
    ("length", "told"),
    [
        (0, b"\0"),
        (125, b"\x7d"),
        (126, b"\x7e\0\x7e"),
        (65_535, b"\x7e\xff\xff"),
        (65_536, b"\x7f\0\0\0\0\0\1\0\0"),
    ],
)
def test_a_frame_is_taken_once_it_is_whole(length: int, told: bytes) -> None:
    data = b"before" + bytes([FIN | TEXT]) + told + b"x" * length

    assert frame(data, 6) == (TEXT, b"x" * length, len(data))
    assert frame(data[:-1], 6) is None
    assert frame(data + bytes([FIN | PING, 0, FIN | CLOSE]), len(data)) == (PING, b"", len(data) + 2)


@pytest.fixture
def through(django_db_setup: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[Gate], psycopg.Connection]:
    for name, value in PLAIN.items():
        monkeypatch.setenv(name, value)
    address = connection.settings_dict

    def connect(gate: Gate) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1", port=gate.port, dbname=address["NAME"], user=address["USER"], autocommit=True
        )

    return connect


def test_notifications_can_get_lost_on_the_wire_and_nothing_else(
    through: Callable[[Gate], psycopg.Connection],
) -> None:
    wire = Notifications()
    gate = Gate(int(connection.settings_dict["PORT"]), wire.sieve)
    with through(gate) as listener, through(gate) as speaker:
        listener.execute("LISTEN bench")
        for word, passes in (("one", True), ("two", False), ("three", True)):
            wire.pass_on = passes
            speaker.execute("SELECT pg_notify('bench', %s)", [word])
            row = listener.execute("SELECT repeat('x', 100000)").fetchone()
            assert row == ("x" * 100_000,)
        heard = [note.payload for note in listener.notifies(timeout=5, stop_after=2)]
    gate.shut()

    assert heard == ["one", "three"]
    assert wire.lost == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.made_up_events
def test_the_crowd_comes_back_with_its_cursors_and_tells_what_it_missed(
    customer: User, staff: User, mint: Callable[..., str], tmp_path: Path
) -> None:
    people = tmp_path / "people.json"
    own = (mint(customer), str(customer.pk))
    people.write_text(json.dumps([own, own, (mint(staff), None)]))
    log = tmp_path / "log.json"
    with LiveServer() as live:
        crowd = Crowd(int(live.ws.rsplit(":", 1)[1]), people, time.sleep)
        try:
            crowd.do("open", first=0, count=3, slow=0)
            told = [publish(customer), publish(None, type="StockChanged")]
            crowd.do("cut", count=2)
            told.append(publish(customer))
            unknown = publish(customer)
            rows = [(each.position, str(each.id), each.customer_id and str(each.customer_id), 0.0) for each in told]
            log.write_text(json.dumps([*rows, (5, "never-sent", str(customer.pk), 0.0)]))
            answer = crowd.do("settle", log=str(log), phases=[("all", 0.0)], within=3)
        finally:
            crowd.end()

    found = answer["verdict"]
    assert (found["sockets"], found["expected"], found["heard"]) == (3, 3 + 3 + 4, 3 + 3 + 4)
    assert (found["missing"], found["strange"], found["repeated"], found["out_of_order"]) == (3, 3, 0, 0)
    assert answer["ends"] == {"1006": 2}
    assert answer["strange"] == [f"position {unknown.position}: {unknown.id}"]
