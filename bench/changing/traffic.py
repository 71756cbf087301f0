"""Buyers, readers and staff who ask without a pause, and never a second time: whatever is cut off counts."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.driving.client import Client, Faults, GaveUp
from bench.driving.feed import Feed

ADDRESS = {"name": "Anne Change", "line1": "1 Quay", "city": "Hamburg", "postal_code": "20457", "country": "DE"}
CONFIRMED_ONE_IN = 8
"""A worker on the same two cores needs a sixth of a second for a document."""


@dataclass
class Traffic:
    """`pace` is the pause of each person between two requests, in seconds. `phase` is what calls are counted by."""

    api: str
    live: str
    sign_in: tuple[str, str]
    run: str
    pace: float = 0.25
    buyers: int = 3
    phase: str = ""
    seconds: dict[str, list[float]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    placed: list[str] = field(default_factory=list)
    confirmed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.staff = Client(self.api, Faults(), self.sign_in)
        self.feeds = [Feed(self.live, self.staff) for _ in range(2)]
        self._to_confirm: queue.Queue[str] = queue.Queue()
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def domain(self) -> str:
        return f"{self.run.lower()}.example.com"

    def start(self) -> None:
        """Makes the product, opens the sockets, and sends everybody off. Raises GaveUp."""
        body = {"code": f"{self.run}-A", "name": "Changing", "price": "10.00", "stock": 1_000_000}
        if (answer := self.staff.send("POST", "/products", body)).status != 201:
            raise GaveUp(f"POST /products was answered {answer.status} {answer.body}")
        self._product = str(answer.body["id"])
        for feed in self.feeds:
            feed.start()
            if not feed.ready.wait(30):
                raise GaveUp(f"the live feed gives no hello: {feed.faults[-3:]}")
        self._send_off(self._confirm)
        self._send_off(lambda: self._read(keep=True))
        self._send_off(lambda: self._read(keep=False))
        for number in range(self.buyers):
            self._send_off(lambda number=number: self._buy(number))  # type: ignore[misc]  # the number of now

    def stop(self) -> None:
        """No more requests. The sockets follow on."""
        self._over.set()
        for thread in self._threads:
            thread.join(60)

    def hang_up(self) -> None:
        for feed in self.feeds:
            feed.stop()

    def _send_off(self, work: Callable[[], None]) -> None:
        self._threads.append(threading.Thread(target=work, daemon=True))
        self._threads[-1].start()

    def _buy(self, number: int) -> None:
        buyer, count = Client(self.api, Faults()), 0
        while not self._over.wait(self.pace):
            count += 1
            body = {
                "items": [{"sku": f"{self.run}-A", "quantity": 1}],
                "email": f"buyer{number}-{count}@{self.domain}",
                "payment_method": "cash",
                "shipping": {"method": "economic", "address": ADDRESS},
            }
            order = self._call(buyer, "POST", "/orders", 201, body, key=f"{self.run}-{number}-{count}")
            if order:
                self.placed.append(order["id"])
                if count % CONFIRMED_ONE_IN == 0:
                    self._to_confirm.put(order["id"])

    def _confirm(self) -> None:
        while not (self._over.is_set() and self._to_confirm.empty()):
            try:
                order = self._to_confirm.get(timeout=0.2)
            except queue.Empty:
                continue
            if self._call(self.staff, "POST", f"/orders/{order}/confirm", 200, key=f"{self.run}-confirm-{order}"):
                self.confirmed.append(order)

    def _read(self, *, keep: bool) -> None:
        """`keep`: all on one connection; otherwise each request on one of its own."""
        reader = Client(self.api, Faults())
        while not self._over.wait(self.pace):
            for path in ("/products?limit=20", f"/products/{self._product}", "/"):
                self._call(reader if keep else Client(self.api, Faults()), "GET", path, 200)
            if self.placed:
                self._call(self.staff, "GET", f"/orders/{self.placed[-1]}", 200)

    def _call(
        self, client: Client, method: str, path: str, expected: int, body: object = None, *, key: str = ""
    ) -> dict[str, str]:
        phase, began = self.phase, time.perf_counter()
        fault, answer = client.once(method, path, body, key=key)
        self.seconds.setdefault(phase, []).append(time.perf_counter() - began)
        if answer is None or answer.status != expected:
            said = f"{answer.status} {answer.body}" if answer else fault
            self.wrong.append(f"{phase}: {method} {path} was answered {said}, not {expected}")
            return {}
        return dict(answer.body)
