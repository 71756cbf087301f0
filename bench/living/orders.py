"""Customers who order and staff who confirm, at an even pace that waits for nobody's answer."""

from __future__ import annotations

import queue
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import Any

import requests

from bench.living.people import Person
from bench.races.start import CREATED, SHIPPING

SENDERS = 8
ANSWER_WITHIN = 30.0


class Orders:
    """`rate` events a second until the `with` ends: an order, the confirmation of one, and so on.

    Each is one request, sent once: `events` counts those that were answered well, by the type of the event.
    """

    def __init__(
        self, api: str, *, customers: Sequence[Person], staff: Sequence[Person], rate: float, products: int
    ) -> None:
        self.api, self.customers, self.staff, self.rate, self.products = api, customers, staff, rate, products
        self.events: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.latest = 0.0
        """Seconds by which a request was sent later than the pace asks for, at most."""
        self._due: queue.Queue[tuple[int, float] | None] = queue.Queue()
        self._placed: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._chance = random.Random(self.rate)
        work = [threading.Thread(target=self._send_all, daemon=True) for _ in range(SENDERS)]
        self._threads = [threading.Thread(target=self._keep_pace, daemon=True), *work]

    def __enter__(self) -> Orders:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        if kind is None:
            for thread in self._threads:
                thread.join()

    def _keep_pace(self) -> None:
        began, number = time.monotonic(), 0
        while not self._over.is_set():
            due = began + number / self.rate
            time.sleep(max(0.0, due - time.monotonic()))
            self._due.put((number, due))
            number += 1
        for _ in range(SENDERS):
            self._due.put(None)

    def _send_all(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while (item := self._due.get()) is not None:
                number, due = item
                self.latest = max(self.latest, time.monotonic() - due)
                try:
                    self._send(session, number)
                except (requests.RequestException, ValueError) as error:
                    self._note(self.faults, f"no answer ({type(error).__name__})")

    def _send(self, session: requests.Session, number: int) -> None:
        order = None if number % 2 == 0 or self._placed.empty() else self._placed.get()
        if order is not None:
            reply = self._post(session, f"/orders/{order}/confirm", self._chance.choice(self.staff), {})
            good, event = reply.status_code == 200, "OrderConfirmed"
        else:
            body = {
                "items": [{"sku": f"S{100_000 + self._chance.randrange(self.products)}", "quantity": 1}],
                "payment_method": "cash",
                "shipping": SHIPPING,
            }
            reply = self._post(
                session, "/orders", self._chance.choice(self.customers), body, key=f"live-{id(self)}-{number}"
            )
            good, event = reply.status_code == CREATED, "OrderCreated"
            if good:
                self._placed.put(reply.json()["id"])
        if good:
            self._note(self.events, event)
        else:
            self._note(self.faults, f"{reply.status_code} {reply.text[:200]}")

    def _post(
        self, session: requests.Session, path: str, who: Person, body: dict[str, Any], *, key: str = ""
    ) -> requests.Response:
        headers = {"Authorization": f"Bearer {who.token}"} | ({"Idempotency-Key": key} if key else {})
        return session.post(self.api + path, json=body, headers=headers, timeout=(5, ANSWER_WITHIN))

    def _note(self, counter: Counter[str], what: str) -> None:
        with self._lock:
            counter[what] += 1
