"""Buyers who must know what became of their order: each sends it under one key until it has an answer."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from types import TracebackType

import requests

from bench.proving.intentions import Intention
from bench.races.start import CREATED, SHIPPING
from local.report import Trouble

PATIENCE = 60.0
PAUSE = 0.02
UNTIL_IT_IS_BACK = 0.2
LOST = "orders whose first answer was lost, and that were made"


class Buyers:
    """Threads that order until the `with` ends; whatever is under way then is brought to its end."""

    def __init__(self, api: str, count: int, products: int) -> None:
        self.address, self.products = f"{api}/orders", products
        self.intentions: list[Intention] = []
        self.faults: Counter[str] = Counter()
        self.strange: list[str] = []
        self.answered = 0
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._shop, args=(number,), daemon=True) for number in range(count)]

    def __enter__(self) -> Buyers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        if kind is None:
            for thread in self._threads:
                thread.join()

    def require(self) -> None:
        """Raises Trouble where no buyer is left to wait for."""
        if not any(thread.is_alive() for thread in self._threads):
            raise Trouble(f"The buyers gave up: {self.strange[:3]}")

    def ask_again(self) -> None:
        """Sends each order once more, now that nothing is killed: a second answer to every key."""
        with requests.Session() as session:
            for intention in self.intentions:
                self._until_answered(session, intention)

    def _shop(self, number: int) -> None:
        chance = random.Random(number)
        session, count = requests.Session(), 0
        while not self._over.is_set():
            count += 1
            skus = [f"S{100_000 + place}" for place in chance.sample(range(self.products), 2)]
            intention = Intention(
                f"crash-{number}-{count}",
                {
                    "items": [{"sku": sku, "quantity": chance.randint(1, 3)} for sku in skus],
                    "email": f"buyer-{number}@crash.example.com",
                    "payment_method": "cash",
                    "shipping": SHIPPING,
                },
            )
            with self._lock:
                self.intentions.append(intention)
            if not self._until_answered(session, intention):
                return

    def _until_answered(self, session: requests.Session, intention: Intention) -> bool:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                reply = session.post(
                    self.address, json=intention.body, headers={"Idempotency-Key": intention.key}, timeout=(5, 30)
                )
                body = reply.json()
            except (requests.RequestException, ValueError) as error:
                refused = "Connection refused" in str(error)
                self._note("connections refused while it was down" if refused else "requests cut off")
                time.sleep(UNTIL_IT_IS_BACK if refused else PAUSE)
                continue
            if reply.status_code == CREATED:
                replayed = reply.headers.get("Idempotency-Replayed") == "true"
                if replayed and not intention.answers:
                    self._note(LOST)
                with self._lock:
                    intention.answers.append(body)
                    self.answered += 1
                return True
            what = f"{reply.status_code} {body.get('code', '')}"
            if reply.status_code != 503 and body.get("code") != "idempotency_key_in_flight":
                self._strange(f"{intention.key}: {what} {body}")
                return False
            self._note(f"answered {what}")
            time.sleep(PAUSE)
        self._strange(f"{intention.key}: no answer within {PATIENCE:.0f} s")
        return False

    def _note(self, what: str) -> None:
        with self._lock:
            self.faults[what] += 1

    def _strange(self, what: str) -> None:
        with self._lock:
            self.strange.append(what)
