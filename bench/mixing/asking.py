"""What the mixed load asks for: of 100 requests 80 browse, 15 are for the customer's own orders, 5 place one."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from uuid import uuid4

from bench.browsing.asked import FILTERS, SEARCHES
from bench.living.people import Person
from bench.mixing.client import Request
from bench.races.start import SHIPPING

SHARES = {"list": 24, "detail": 32, "filter": 12, "search": 12, "own orders": 10, "own order": 5, "place": 5}
HEAD = "{method} {path} HTTP/1.1\r\nHost: bench.test\r\n{more}\r\n"


class Asking:
    """`cursors` lead to pages of the list, `orders` are each customer's own: both must be there before `choose`."""

    def __init__(self, people: Sequence[Person], products: Sequence[str], skus: Sequence[str], *, seed: int) -> None:
        self.people, self.products, self.skus = people, products, skus
        self.cursors: Sequence[str] = ()
        self.orders: dict[str, list[str]] = {}
        self.chance = random.Random(seed)
        self._kinds, self._weights = list(SHARES), list(SHARES.values())
        self._make: dict[str, Callable[[], Request]] = {
            "list": lambda: self._get("list", self._page()),
            "detail": lambda: self._get("detail", f"/products/{self.chance.choice(self.products)}"),
            "filter": lambda: self._get("filter", self.chance.choice(FILTERS)),
            "search": lambda: self._get("search", self.chance.choice(SEARCHES)),
            "own orders": lambda: self._get("own orders", "/orders", self.chance.choice(self.people)),
            "own order": self._own,
            "place": lambda: self.place(self.chance.choice(self.people)),
        }

    def choose(self) -> Request:
        return self._make[self.chance.choices(self._kinds, self._weights)[0]]()

    def place(self, person: Person) -> Request:
        first, second = self.chance.sample(range(len(self.skus)), 2)
        items = [{"sku": self.skus[place], "quantity": 1} for place in (first, second)]
        body = json.dumps({"items": items, "payment_method": "cash", "shipping": SHIPPING}).encode()
        more = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nIdempotency-Key: {uuid4()}\r\n"
        return Request("place", _head("POST", "/orders", person, more) + body)

    def _page(self) -> str:
        """Half of those who look at the list see its first page, the others one of the first hundred."""
        return "/products" if self.chance.random() < 0.5 else f"/products?cursor={self.chance.choice(self.cursors)}"

    def _own(self) -> Request:
        person = self.chance.choice(self.people)
        return self._get("own order", f"/orders/{self.chance.choice(self.orders[person.id])}", person)

    def _get(self, kind: str, path: str, person: Person | None = None) -> Request:
        return Request(kind, _head("GET", path, person))


def bare(path: str) -> Callable[[], Request]:
    request = Request("bare", _head("GET", path, None))
    return lambda: request


def _head(method: str, path: str, person: Person | None, more: str = "") -> bytes:
    if person is not None:
        more += f"Authorization: Bearer {person.token}\r\n"
    return HEAD.format(method=method, path=path, more=more).encode()
