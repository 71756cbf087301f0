"""The course of `bin/chaos`: rounds of load and faults, each followed by rest and by a judgement from outside."""

from __future__ import annotations

import argparse
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from bench.chaos.faults.disk import Disk
from bench.chaos.faults.storm import Storm
from bench.chaos.judging import verdicts
from bench.chaos.judging.rest import POISONS, QUEUES, Poison, Rest
from bench.chaos.judging.seen import Seen, Window
from bench.chaos.plan import Plan, plan
from bench.chaos.rounds import Round, outcome
from bench.chaos.shop import ChaosShop
from bench.chaos.using.buyers import Buyers
from bench.chaos.using.followers import Follower
from bench.chaos.using.people import People
from bench.driving.client import Faults, GaveUp
from bench.proving import afterwards, comparing
from bench.proving.aws import Aws
from bench.proving.intentions import Intention
from bench.proving.records import Records
from bench.proving.report import Check
from local.report import Trouble

PRODUCTS = 6
PLENTY, SCARCE = 100_000, 20
WORKS_AGAIN_WITHIN = 90.0
AT_REST_WITHIN = 120.0
BURIED_WITHIN = 180.0
DOUBLING = ("kill", "AWS silent", "AWS slow", "AWS lost", "disk full", "clock moved")
"""Faults after which a mail may come twice: it was sent, and then it was not noted that it was."""

T = TypeVar("T")


class Run:
    """Raises Trouble, GaveUp or Interrupted; `stop` in any case."""

    def __init__(self, shop: ChaosShop, disk: Disk | None, library: Path | None, options: argparse.Namespace) -> None:
        self.shop, self.options = shop, options
        self.storm = Storm(shop, disk, library)
        self.faults = Faults()
        self.rounds: list[Round] = []
        self.placed: list[Intention] = []
        self.decided: list[Intention] = []
        self.begun: dict[str, int] = {}
        """SKU → its stock before anything was ordered."""
        self.doubled = 0
        """Mails that came more than once, so far."""
        self._said: set[str] = set()
        self._told: list[tuple[str, str]] = []

    def open(self) -> None:
        self.shop.open()
        system = self.shop.system()
        with self.shop.report.step("accounts, products and sockets of the bench"):
            self._meanwhile(self._prepare)
        self.aws = Aws(system.aws, system.queues, system.bucket)
        self.poison = Poison(self.aws)
        self.records = Records(system.database, "CHAOS", "chaos.example.com")
        self.rest = Rest(self.window, self.records, self.poison, self.followers)

    def _prepare(self) -> None:
        system = self.shop.system()
        self.people = People(system, self.faults, customers=3, guests=3)
        self.window = Window(self.people.judge, self.shop.state / "mails")
        for number in range(1, PRODUCTS + 1):
            self._make(f"CHAOS-{number}", PLENTY)
        staff = [Follower(f"staff {n}", system.live, self.people.judge, None) for n in (1, 2)]
        own = [Follower(one.name, system.live, one.client, one.id) for one in self.people.customers]
        self.followers = [*staff, *own]
        for follower in self.followers:
            follower.begin()
        self.storm.feeds = [follower.feed for follower in self.followers]

    def _make(self, sku: str, stock: int) -> None:
        body = {"code": sku, "name": f"Product {sku}", "price": "10.00", "tax_rate": "19.00", "stock": stock}
        answer = self.people.judge.send("POST", "/products", body, key=f"make-{sku}")
        if answer.status != 201:
            raise GaveUp(f"POST /products {sku} was answered {answer.status} {answer.body}")
        self.window.products[sku] = answer.body["id"]
        self.begun[sku] = stock

    def play(self, number: int) -> Round:
        """One round, from its load to its judgement."""
        began, options = time.monotonic(), self.options
        chosen = plan(options.seed, number, seconds=options.seconds, kinds=options.kinds, count=options.faults)
        played = Round(number, [fault.words for fault in chosen.faults])
        self.rounds.append(played)
        faults, totals = self._faults(), self._totals()
        buyers = self._load(chosen)
        owed = len(buyers.owed)
        self._until_all_work()
        self._poison(chosen)
        self._meanwhile(buyers.ask_again)
        self.placed += buyers.placed
        self.decided += buyers.decided
        copies = self.shop.proxy.copies
        rest, seen = self._meanwhile(lambda: self.rest.wait(AT_REST_WITHIN, lambda: _some("copies", copies.waiting)))
        played.checks = self._meanwhile(lambda: self._judge(rest, seen, buyers))
        played.happened, played.waited_for = self.storm.happened, self.rest.waited_for
        played.faults = dict(self._faults() - faults)
        self.doubled = len(verdicts.doubled(seen))
        now = self._totals()
        grown = {what: now[what] - totals[what] for what in now}
        played.counts = outcome(buyers.placed, buyers.decided) | {"owed": owed} | grown
        played.seconds = time.monotonic() - began
        return played

    def _load(self, chosen: Plan) -> Buyers:
        """Buyers and faults at once; the weather is good again when it returns."""
        seconds, scarce = self.options.seconds, f"CHAOS-SCARCE-{chosen.number}"
        skus = [sku for sku in self.begun if "SCARCE" not in sku]
        self._meanwhile(lambda: self._make(scarce, SCARCE))
        buyers = Buyers(self.people, f"R{chosen.number}", skus, scarce, f"{chosen.seed} {chosen.number}")
        self.storm.brew(chosen)
        buyers.begin(seconds)
        self.storm.rage(seconds)
        self.storm.calm()
        buyers.end(self._wait)
        return buyers

    def _faults(self) -> Counter[str]:
        """What befell requests of clients, and calls of AWS, so far."""
        struck = {f"AWS {what}": count for what, count in self.shop.proxy.struck.items()}
        return Counter(self.faults.seen) + Counter(struck)

    def _totals(self) -> dict[str, int]:
        return {
            "doubled mails": self.doubled,
            "struck": self.shop.proxy.struck.total(),
            "copies": self.shop.proxy.copies.given,
            "reconnects": sum(follower.feed.reconnects for follower in self.followers),
        }

    def finish(self) -> list[Check]:
        """Until all that was poisoned is buried, and nothing else."""

        def buried() -> Check:
            until = time.monotonic() + BURIED_WITHIN
            wanted = sum(len(bodies) for bodies in self.poison.put.values())
            while sum(self.aws.dead().values()) < wanted and time.monotonic() < until:
                time.sleep(0.5)
            return verdicts.dead(self._dead_wanted(), self.poison.dead(), all_there=True)

        return [self._meanwhile(buried)]

    def stop(self) -> None:
        for follower in getattr(self, "followers", []):
            follower.feed.leave()
        self.shop.stop()

    def _judge(self, rest: Check, seen: Seen, buyers: Buyers) -> list[Check]:
        feeds = []
        for number, follower in enumerate(self.followers):
            check, log = follower.judge(self.records)
            feeds.append(check)
            if number == 0:
                self._told += verdicts.orders_of(log)
        checks = [
            rest,
            verdicts.keys(self.placed, self.decided, buyers.strange),
            *verdicts.orders(self.placed, self.decided, seen),
            verdicts.stock(self.placed, self.decided, self.begun, seen),
            afterwards.ledger(self.records.url, "the sum of each"),
            *verdicts.invoices(seen),
            self.window.pdfs(seen.invoices),
            verdicts.mails(seen, doubles_allowed=any(self._may_double(one.plan) for one in self.rounds)),
            verdicts.lives(seen, self._told),
            *feeds,
            verdicts.dead(self._dead_wanted(), self.poison.dead(), all_there=False),
            comparing.server_errors(self.faults),
        ]
        for check in checks:  # what an earlier round has said already is not this one's
            check.differences = [text for text in check.differences if text not in self._said]
            self._said |= set(check.differences)
        return checks

    @staticmethod
    def _may_double(words: list[str]) -> bool:
        return any(word.startswith(DOUBLING) for word in words)

    def _dead_wanted(self) -> dict[str, list[str]]:
        return {f"{queue}-dead": bodies for queue, bodies in self.poison.put.items()}

    def _poison(self, chosen: Plan) -> None:
        chance = random.Random(f"{chosen.seed} {chosen.number} poison")
        queue, kind = chance.choice(QUEUES), chance.choice(sorted(POISONS))
        self._meanwhile(lambda: self.poison.add(queue, kind))

    def _until_all_work(self) -> None:
        end = time.monotonic() + WORKS_AGAIN_WITHIN
        while missing := self.shop.not_working():
            if time.monotonic() > end:
                raise Trouble(f"After {WORKS_AGAIN_WITHIN:.0f} s of good weather these do not work: {missing}.")
            self._wait(0.1)

    def _wait(self, seconds: float) -> None:
        self.shop.look_after()
        self.shop.interruption.sleep(seconds)

    def _meanwhile(self, work: Callable[[], T]) -> T:
        """Has it done in a thread, and looks after the shop meanwhile: what has died is started by the main thread."""
        result: list[T] = []
        failed: list[BaseException] = []

        def do() -> None:
            try:
                result.append(work())
            except BaseException as error:  # noqa: BLE001  (raised again by who waits)
                failed.append(error)

        thread = threading.Thread(target=do, daemon=True)
        thread.start()
        while thread.is_alive():
            self._wait(0.05)
        if failed:
            raise failed[0]
        return result[0]


def _some(what: str, count: int) -> dict[str, int]:
    return {what: count} if count else {}
