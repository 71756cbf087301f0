"""They place orders, have them confirmed, call them off, both at once, or walk away, while a round's load lasts."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.chaos.using.asking import Strange, ask
from bench.chaos.using.people import Buyer, People
from bench.driving.client import Client, GaveUp
from bench.proving.intentions import Intention

ADDRESS = {"name": "Chaos", "line1": "1 Storm Street", "city": "Hamburg", "postal_code": "20457", "country": "DE"}
SHIPPING = {"method": "economic", "address": ADDRESS}
PAUSE = 1.2  # seconds between two orders of one buyer, on average: what two cores take beside all the rest
PATIENCE = 60.0
AT_ONCE = 4


class Buyers:
    """Threads that buy between `begin` and `end`. What is not known by then is owed, and asked for by `ask_again`."""

    def __init__(self, people: People, prefix: str, skus: Sequence[str], scarce: str, seed: str) -> None:
        self.people, self.prefix, self.skus, self.scarce = people, prefix, skus, scarce
        self.placed: list[Intention] = []
        self.decided: list[Intention] = []
        self.strange: list[str] = []
        self._clients: dict[str, Client] = {}
        """Key → who asks."""
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._shop, args=(buyer, random.Random(f"{seed} {buyer.name}")), daemon=True)
            for buyer in people.buyers
        ]

    def begin(self, seconds: float) -> None:
        """The load lasts so long, whatever becomes of the shop."""
        clock = threading.Timer(seconds, self._over.set)
        clock.daemon = True  # who is interrupted need not wait for it
        clock.start()
        for thread in self._threads:
            thread.start()

    def end(self, wait: Callable[[float], None]) -> None:
        """Has each bring to its end what is under way. `wait` is called with seconds, again and again."""
        self._over.set()
        while any(thread.is_alive() for thread in self._threads):
            wait(0.05)

    def ask_again(self) -> None:
        """Now that nothing is in the way: what is owed until it is known, and all that was answered once more."""
        until = time.monotonic() + PATIENCE

        def again(intention: Intention) -> None:
            if not intention.refusal:
                self._ask(intention, lambda: time.monotonic() < until)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(again, [*self.placed, *self.decided]))

    @property
    def owed(self) -> list[Intention]:
        return [one for one in (*self.placed, *self.decided) if not one.answers and not one.refusal]

    def _shop(self, buyer: Buyer, chance: random.Random) -> None:
        count = 0
        while not self._over.is_set():
            count += 1
            key = f"{self.prefix}-{buyer.name}-{count}"
            order = self._intend(buyer.client, key, self._body(buyer, key, chance))
            self.placed.append(order)
            patient = chance.random() < 0.9  # the others walk away after one try, whatever became of it
            if self._ask(order, self._going_on if patient else _never) and order.answers:
                self._decide(buyer, order.answers[0]["id"], key, chance)
            self._over.wait(chance.uniform(0, 2 * PAUSE))

    def _body(self, buyer: Buyer, key: str, chance: random.Random) -> dict[str, Any]:
        chosen = chance.sample(self.skus, 2)
        if chance.random() < 0.3:
            chosen[0] = self.scarce
        who = {"email": f"{key.lower()}@chaos.example.com"} if buyer.is_guest else {}
        items = [{"sku": sku, "quantity": chance.randint(1, 3)} for sku in chosen]
        return {"items": items, "payment_method": "credit_card", "shipping": SHIPPING} | who

    def _decide(self, buyer: Buyer, order: str, key: str, chance: random.Random) -> None:
        """A guest has no way to call an order off: staff does that."""
        confirm = self._intend(self.people.staff, f"{key}-confirm", {}, f"/orders/{order}/confirm")
        own = self.people.staff if buyer.is_guest else buyer.client
        cancel = self._intend(own, f"{key}-cancel", {"reason": "Changed my mind"}, f"/orders/{order}/cancel")
        fate = chance.random()
        chosen = (
            [confirm]
            if fate < 0.5
            else [cancel]
            if fate < 0.7
            else [confirm, cancel]
            if fate < 0.9 and not buyer.is_guest  # of two staff, one may well undo what the other did
            else []
        )
        self.decided += chosen
        others = [threading.Thread(target=self._ask, args=(one, self._going_on), daemon=True) for one in chosen[1:]]
        for other in others:
            other.start()
        for one in chosen[:1]:
            self._ask(one, self._going_on)
        for other in others:
            other.join()

    def _going_on(self) -> bool:
        return not self._over.is_set()

    def _intend(self, client: Client, key: str, body: dict[str, Any], path: str = "/orders") -> Intention:
        with self._lock:
            self._clients[key] = client
        return Intention(key, body, path=path)

    def _ask(self, intention: Intention, go_on: Callable[[], bool]) -> bool:
        try:
            return ask(self._clients[intention.key], intention, go_on=go_on)
        except (Strange, GaveUp) as error:
            with self._lock:
                self.strange.append(str(error))
            return False


def _never() -> bool:
    return False
