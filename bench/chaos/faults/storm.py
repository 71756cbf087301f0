"""Puts a round's plan into effect, fault by fault, at its time; and makes good weather again."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from bench.chaos.faults.clocks import Clock
from bench.chaos.faults.disk import Disk
from bench.chaos.plan import LOG_TOO, Fault, Plan
from bench.chaos.shop import ChaosShop
from bench.chaos.wire import proxy
from bench.driving.feed import Feed
from bench.driving.killing import children_of, kill

Deed = tuple[float, str, Callable[[], None]]


class Storm:
    """`brew` before the load, `rage` while it lasts, `calm` after it. `disk` and `library` are None where they fail."""

    def __init__(self, shop: ChaosShop, disk: Disk | None, library: Path | None) -> None:
        self.shop, self.disk, self.library = shop, disk, library
        self.feeds: list[Feed] = []
        self.happened: list[tuple[float, str]] = []
        """Seconds after the round's beginning, and what."""
        self.left_out: Counter[str] = Counter()
        self._clock: Clock | None = None
        self._weather: list[proxy.Fault] = []

    def brew(self, plan: Plan) -> None:
        """Gives the processes whose clock is to move one that can be moved, which takes a start of theirs."""
        self.happened = []
        self._chance = random.Random(f"{plan.seed} {plan.number} storm")
        self._deeds = sorted(
            (deed for fault in plan.faults for deed in self._deeds_of(fault)), key=lambda deed: deed[0]
        )

    def rage(self, seconds: float) -> None:
        """Returns after so many seconds, or when the last deed is done, should that be later."""
        began = time.monotonic()
        while (passed := time.monotonic() - began) < seconds or self._deeds:
            while self._deeds and self._deeds[0][0] <= passed:
                _, words, do = self._deeds.pop(0)
                do()
                self.happened.append((round(time.monotonic() - began, 1), words))
            self.shop.look_after()
            self.shop.interruption.sleep(0.05)

    def calm(self) -> None:
        self._weather = []
        self._forecast()
        self.shop.proxy.copies.on = False
        if self.disk:
            self.disk.free()
        if self._clock:
            self._clock.move(0)

    def _deeds_of(self, fault: Fault) -> Iterable[Deed]:
        end = fault.at + fault.seconds
        match fault.kind.split():
            case ["kill", *what]:
                yield fault.at, fault.words, lambda: self._kill(" ".join(what), fault.target)
            case ["AWS", how]:
                under = proxy.Fault(how, fault.services)
                yield fault.at, fault.words, lambda: self._turn(self._weather.append, under)
                yield end, f"{fault.kind} is over", lambda: self._turn(self._weather.remove, under)
            case ["three", "times"]:
                yield fault.at, fault.words, lambda: setattr(self.shop.proxy.copies, "on", True)
            case ["sockets", "cut"]:
                yield fault.at, fault.words, self._cut
            case ["disk", "full"] if self.disk:
                disk, database = self.disk, self.shop.services.database_url if fault.target == LOG_TOO else ""
                yield fault.at, fault.words, lambda: disk.fill(database)
                yield end, "the disk has room again", self.disk.free
            case ["clock", "moved"] if self.library:
                clock = self._movable(fault.target)
                yield fault.at, fault.words, lambda: clock.move(fault.minutes)
                yield end, f"clock of {fault.target} is right again", lambda: clock.move(0)
            case _:
                self.left_out[fault.kind] += 1

    def _turn(self, change: Callable[[proxy.Fault], None], fault: proxy.Fault) -> None:
        change(fault)
        self._forecast()

    def _forecast(self) -> None:
        self.shop.proxy.faults = tuple(self._weather)

    def _kill(self, what: str, target: str) -> None:
        one_worker = what == "a web worker"
        child = self.shop.child("web" if one_worker else target or what)
        if not child.running or child.process is None:
            return  # an earlier fault has taken it, and it is not back
        if not one_worker:
            kill(child.process.pid)
        elif workers := children_of(child.process.pid):
            os.kill(self._chance.choice(workers), signal.SIGKILL)

    def _cut(self) -> None:
        for feed in self._chance.sample(self.feeds, max(1, len(self.feeds) // 2)):
            feed.cut()

    def _movable(self, name: str) -> Clock:
        assert self.library is not None  # noqa: S101  (for the type checker: who calls has looked)
        clock = Clock(self.library, self.shop.state / f"{name}.clock")
        old = self.shop.child(name)
        if "LD_PRELOAD" not in old.environment:  # else an earlier round has given it one
            self.shop.exchange(clock.of(old))
        self._clock = clock
        return clock
