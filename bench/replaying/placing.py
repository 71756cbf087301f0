"""Drives the shop as its users do: staff makes products, buyers order at once, clerks confirm or cancel."""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from bench.driving.client import Answer, Client, GaveUp
from bench.proving.report import Progress
from bench.replaying.expected import Expected, ExpectedOrder


@dataclass
class Placed:
    """What the API answered, by the order's key in the file."""

    answers: dict[str, Answer] = field(default_factory=dict)
    decisions: dict[str, Answer] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)

    def id_of(self, key: str) -> str:
        return str(self.answers[key].body["id"])


def make_products(expected: Expected, staff: Client, threads: int, progress: Progress) -> list[str]:
    """Makes every product by POST /products; returns what went wrong."""
    wrong: list[str] = []

    def make(product: dict[str, Any]) -> None:
        try:
            answer = staff.send("POST", "/products", product, key=f"{expected.run}-{product['code']}")
            if answer.status != 201:
                wrong.append(f"POST /products {product['code']}: {answer.status} {answer.body}")
        except GaveUp as error:
            wrong.append(str(error))
        progress.step()

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(make, expected.products))
    return wrong


class Shopfloor:
    """Buyers and clerks, each with a queue of their own; what one does may give the other the next thing to do."""

    def __init__(self, expected: Expected, guest: Client, staff: Client, progress: Progress) -> None:
        self.expected = expected
        self.guest = guest
        self.staff = staff
        self.progress = progress
        self.placed = Placed()
        self._for_buyers: queue.SimpleQueue[ExpectedOrder | None] = queue.SimpleQueue()
        self._for_clerks: queue.SimpleQueue[ExpectedOrder | None] = queue.SimpleQueue()
        self._left = len(expected.orders)
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._kept = {order.kept_of: order for order in expected.orders.values() if order.kept_of}

    def run(self, buyers: int, clerks: int) -> Placed:
        for order in self.expected.orders.values():
            if not order.kept_of:  # those that replace an order wait until that one is cancelled
                self._for_buyers.put(order)
        threads = [
            threading.Thread(target=self._work, args=work, daemon=True)
            for work in itertools.chain(
                itertools.repeat((self._for_buyers, self._place), buyers),
                itertools.repeat((self._for_clerks, self._decide), clerks),
            )
        ]
        for thread in threads:
            thread.start()
        self._done.wait()
        for _ in threads:
            self._for_buyers.put(None)
            self._for_clerks.put(None)
        for thread in threads:
            thread.join()
        return self.placed

    def _work(self, source: queue.SimpleQueue[ExpectedOrder | None], act: Callable[[ExpectedOrder], None]) -> None:
        while (order := source.get()) is not None:
            try:
                act(order)
            except GaveUp as error:
                self._refused(order, str(error))

    def _place(self, order: ExpectedOrder) -> None:
        answer = self.guest.send("POST", "/orders", order.body(), key=f"{self.expected.run}-{order.key}")
        if answer.status != 201:
            self._refused(order, f"POST /orders for {order.key}: {answer.status} {answer.body}")
            return
        self.placed.answers[order.key] = answer
        self.progress.step()
        self._for_clerks.put(order)

    def _decide(self, order: ExpectedOrder) -> None:
        verb, body = ("cancel", {"reason": "Cancelled in the real shop"}) if order.cancelled else ("confirm", None)
        path = f"/orders/{self.placed.id_of(order.key)}/{verb}"
        answer = self.staff.send("POST", path, body, key=f"{self.expected.run}-{verb}-{order.key}")
        if answer.status != 200:
            self._refused(order, f"POST {path}: {answer.status} {answer.body}")
            return
        self.placed.decisions[order.key] = answer
        if kept := self._kept.get(order.key):
            self._for_buyers.put(kept)
        self._finish(1)

    def _refused(self, order: ExpectedOrder, why: str) -> None:
        self.placed.refusals.append(why)
        waiting = order.key in self._kept and order.key not in self.placed.decisions
        self._finish(1 + waiting)  # the order that would have replaced it is never placed

    def _finish(self, count: int) -> None:
        self.progress.step(count)
        with self._lock:
            self._left -= count
            if self._left == 0:
                self._done.set()
