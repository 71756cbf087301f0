"""The course of `bench/live.py`: what happens to the sockets, one thing after the other, while orders come in."""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bench.driving.load import processor_time
from bench.driving.processes import proportional_memory
from bench.living.comparing import Verdict
from bench.living.crowd import Crowd
from bench.living.floor import Floor
from bench.living.orders import Orders
from bench.living.people import Person
from bench.living.shop import LiveShop, unsent
from bench.ordering import filling
from bench.proving.afterwards import Log as PostgresLog
from bench.proving.report import Check, Spread
from local.report import Trouble

PRODUCTS = 200
SOCKETS_EACH = 5  # of one person: two browsers and a phone, and again
SLOW = 20  # sockets that stop reading for a while, at most
CUTS = 50  # one in so many is cut, each second
DOWN = 3.0  # seconds until the killed process is started again
ALL_BACK_WITHIN = 90.0
SETTLED_WITHIN = 90.0
UNPOSITIONED = "SELECT count(*) FROM events_event WHERE position IS NULL"
TOLD = """
SELECT position, id::text, customer_id::text, extract(epoch FROM time)::float8, type FROM events_event
ORDER BY position
"""


@dataclass(frozen=True)
class Row:
    """A phase. `live` and `crowd` are the shares of one core that the live process and all sockets' took."""

    name: str
    seconds: float
    events: int
    messages: int
    late: Spread
    live: float
    crowd: float


@dataclass
class Phase:
    name: str
    began: float
    seconds: float = 0.0
    live: float = 0.0
    crowd: float = 0.0


class Run:
    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self.options, self.folder = options, folder
        self.shop = LiveShop(folder)
        self.report, self.sleep = self.shop.report, self.shop.interruption.sleep
        self.crowd: Crowd | None = None
        self.rows: list[Row] = []
        self.floor = Spread.of([])
        """Of the events of the first phase."""
        self.facts: dict[str, str] = {}
        self.checks: list[Check] = []
        self.phases: list[Phase] = []
        self.answered: Counter[str] = Counter()
        self.recorded: Counter[str] = Counter()

    def run(self) -> None:
        with self.report.step("PostgreSQL, emulator, Valkey, web, relay, live"):
            self.shop.start()
            log = PostgresLog(self.shop.own.postgres_log)
            filling.make_products(PRODUCTS)
            people = self._people()
        self.sockets = Crowd(self.shop.ports.live, people, self.sleep)
        self.crowd = self.sockets
        self._open()
        with self._orders() as orders:
            self._disturbed()
        self._settle("sockets", orders)
        for count in self._alls():
            self.sockets.do("open", first=self.options.sockets, count=count, slow=0, patience=120)
            with self._orders() as orders:
                self._phase(f"all {count} hear of all", self.options.seconds / 2)
            self._settle(f"all {count} hear of all", orders)
        self.checks.append(log.check())

    def stop(self) -> None:
        if self.crowd is not None:
            self.crowd.end()
        self.shop.stop()

    def _alls(self) -> list[int]:
        if self.options.all is not None:
            return list(self.options.all)
        return [self.options.sockets // part for part in (8, 4, 2, 1)]

    def _people(self) -> Path:
        """Their tokens, for `listeners.py`: one line per socket, first the mixed ones, then as many staff's."""
        sockets, staff = self.options.sockets, min(self.options.staff, self.options.sockets)
        most = max([staff, *self._alls()])
        self.staff = self.shop.issuer.people(-(-most // SOCKETS_EACH), staff=True)
        self.customers = self.shop.issuer.people(max(1, -(-(sockets - staff) // SOCKETS_EACH)))

        def line(people: list[Person], number: int) -> tuple[str, str | None]:
            person = people[number // SOCKETS_EACH]
            return person.token, None if person.is_staff else person.id

        lines = [line(self.staff, number) for number in range(staff)]
        lines += [line(self.customers, number) for number in range(sockets - staff)]
        lines += [line(self.staff, number) for number in range(most)]
        file = self.folder / "people.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(lines))
        return file

    def _orders(self) -> Orders:
        return Orders(
            self.shop.ports.api,
            customers=self.customers,
            staff=self.staff,
            rate=self.options.rate,
            products=PRODUCTS,
        )

    def _open(self) -> None:
        count = self.options.sockets
        with self.report.step(f"{count} sockets"):
            self.sockets.do("open", first=0, count=1, slow=1)  # the first one has all imported that it takes
            before, began = proportional_memory(self.shop.live_pid), time.monotonic()
            slow = min(SLOW, self.options.staff) - 1
            self.sockets.do("open", first=1, count=count - 1, slow=slow, patience=180)
            took = time.monotonic() - began
            after = proportional_memory(self.shop.live_pid)
        self.facts["sockets opened, a second"] = f"{count / took:.0f}"
        self.facts["memory of the live process, before"] = f"{before / 2**20:.0f} MiB"
        self.facts["memory per socket"] = f"{(after - before) / (count - 1) / 1024:.1f} KiB"

    def _disturbed(self) -> None:
        seconds, outage = self.options.seconds, self.options.outage
        self._phase("warm-up", seconds / 10)
        with Floor(self.shop.own.postgres.url) as floor:
            self._phase("undisturbed", seconds)
        self.floor = floor.spread()
        with self._measured("cut at random, some slow"):
            self.sockets.do("stall", seconds=seconds)
            end, cut, held = time.monotonic() + seconds, 0, 0
            while time.monotonic() < end:
                cut += self.sockets.do("cut", count=max(1, self.options.sockets // CUTS))["cut"]
                self.sleep(min(1.0, max(0.0, end - time.monotonic())))
                held = max(held, unsent(self.shop.ports.live))
            self.facts["lines cut at random"] = str(cut)
            self.facts["held by the kernel for the slow, at most"] = f"{held / 2**20:.1f} MiB"
        self._all_back("after the cuts")
        self.shop.kill(self.shop.valkey)
        self.shop.notifications.pass_on = False
        self._phase("no NOTIFY, no Valkey", outage)
        self.shop.notifications.pass_on = True
        self.shop.children.start(self.shop.valkey)
        lost = self.shop.notifications.lost
        self.checks.append(Check("notifications lost meanwhile", "some", str(lost), [] if lost else ["not one"]))
        with self._measured("PostgreSQL away from live"):
            self.shop.wire.shut()
            self.sleep(outage / 6)
            self.shop.wire.open()
        self._phase("and back", seconds / 3)
        with self._measured("live killed, and back"):
            self.shop.kill(self.shop.live)
            self.sleep(DOWN)
            self.shop.children.start(self.shop.live)
            self.shop.wait_for_live()
            self._all_back("after the kill")
        self._phase("afterwards", seconds / 3)
        memory = proportional_memory(self.shop.live_pid)
        self.facts["memory of the live process, at the end"] = f"{memory / 2**20:.0f} MiB"

    def _all_back(self, when: str) -> None:
        began = time.monotonic()
        while (connected := self.sockets.connected()) < self.options.sockets:
            if time.monotonic() - began > ALL_BACK_WITHIN:
                raise Trouble(f"Only {connected} of {self.options.sockets} sockets came back {when}.")
            self.sleep(0.1)
        self.facts[f"all back {when}"] = f"{time.monotonic() - began:.1f} s"

    def _phase(self, name: str, seconds: float) -> None:
        with self._measured(name):
            self.sleep(seconds)

    @contextmanager
    def _measured(self, name: str) -> Iterator[None]:
        """Whatever is under way: an event belongs to the phase in which it was recorded."""
        phase = Phase(name, time.time())
        self.phases.append(phase)
        live, crowd, pid = processor_time(self.shop.live_pid), processor_time(self.sockets.pid), self.shop.live_pid
        with self.report.step(name):
            yield
        phase.seconds = time.time() - phase.began
        started_again = self.shop.live_pid != pid
        phase.live = (processor_time(self.shop.live_pid) - (0.0 if started_again else live)) / phase.seconds
        phase.crowd = (processor_time(self.sockets.pid) - crowd) / phase.seconds

    def _settle(self, what: str, orders: Orders) -> None:
        """Waits until everything has arrived, and compares."""
        with self.report.step("what everybody was told, against the log"):
            answer = self.sockets.do(
                "settle",
                log=str(self._log(orders)),
                phases=[(phase.name, phase.began) for phase in self.phases],
                within=SETTLED_WITHIN,
                patience=SETTLED_WITHIN + 120,
            )
        late = {name: Spread(**one) for name, one in answer["verdict"].pop("late").items()}
        verdict = Verdict(**answer["verdict"])
        for phase in self.phases:
            events, messages = verdict.events_in.get(phase.name, 0), verdict.heard_in.get(phase.name, 0)
            spread = late.get(phase.name, Spread.of([]))
            self.rows.append(Row(phase.name, phase.seconds, events, messages, spread, phase.live, phase.crowd))
        self.phases.clear()
        self.facts[f"behind the pace, at most: {what}"] = f"{orders.latest * 1000:.0f} ms"
        if answer["ends"]:
            self.facts[f"connections that ended: {what}"] = ", ".join(
                f"{code}: {count}" for code, count in sorted(answer["ends"].items())
            )
        self.checks += self._checks(what, verdict, answer["strange"], orders)

    def _log(self, orders: Orders) -> Path:
        with psycopg.connect(self.shop.own.postgres.url, autocommit=True) as db:
            end = time.monotonic() + SETTLED_WITHIN
            while (db.execute(UNPOSITIONED).fetchone() or (0,))[0]:
                if time.monotonic() > end:
                    raise Trouble("The relay gave no position to some events.")
                self.sleep(0.1)
            rows = db.execute(TOLD).fetchall()
        self.recorded = Counter(type_ for *_, type_ in rows)
        file = self.folder / "log.json"
        file.write_text(json.dumps([row[:4] for row in rows]))
        return file

    def _checks(self, what: str, verdict: Verdict, strange: list[str], orders: Orders) -> list[Check]:
        self.answered += orders.events
        requests = orders.events.total() + orders.faults.total()
        other = [
            f"{type_}: {self.recorded[type_]} in the log, {self.answered[type_]} answered"
            for type_ in self.recorded | self.answered
            if self.recorded[type_] != self.answered[type_]
        ]
        faults = [f"{text}: {count}" for text, count in orders.faults.items()]
        return [
            Check(f"{what}: every event once, in order", str(verdict.expected), str(verdict.heard), verdict.examples),
            Check(f"{what}: what else was said", "nothing", str(len(strange)), strange),
            Check(f"{what}: requests answered", str(requests), str(orders.events.total()), faults),
            Check(
                "events in the log = requests answered", str(self.answered.total()), str(self.recorded.total()), other
            ),
        ]
