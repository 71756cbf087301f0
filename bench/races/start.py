"""What each race needs: products of its own, buyers who begin together, and what the database says afterwards."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
import requests
from psycopg.rows import dict_row

from bench.driving.client import Client, Faults, GaveUp
from bench.proving.report import Check
from bench.replaying.run import new_run_id
from local.running import System

CREATED, CONFLICT = 201, 409
ADDRESS = {"name": "Racer", "line1": "1 Race Street", "city": "Hamburg", "postal_code": "20457", "country": "DE"}
SHIPPING = {"method": "economic", "address": ADDRESS}
Row = dict[str, Any]

LINES = """
SELECT l.order_id::text, l.sku, l.quantity, o.status FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
WHERE l.sku LIKE %(skus)s
"""
STOCK = """
SELECT v.sku, v.stock, COALESCE(sum(m.delta), 0)::int AS ledger, COALESCE(min(m.balance), 0) AS lowest,
    COALESCE(-sum(m.delta) FILTER (WHERE m.reason = 'order'), 0)::int AS sold,
    COALESCE(sum(m.delta) FILTER (WHERE m.reason = 'cancel'), 0)::int AS cancelled,
    COALESCE(sum(m.delta) FILTER (WHERE m.reason = 'received'), 0)::int AS received
FROM catalog_variant v LEFT JOIN catalog_stockmovement m ON m.variant_id = v.id
WHERE v.sku LIKE %(skus)s GROUP BY v.id
"""


@dataclass(frozen=True)
class Reply:
    """The first answer to one POST. Status 0: there was none."""

    status: int
    body: Any
    headers: dict[str, str]
    seconds: float
    asked: Mapping[str, int]
    """SKU → units of what was ordered."""

    @property
    def words(self) -> str:
        return f"{self.status} {self.body.get('code', '')}".strip()


class Start:
    def __init__(self, shop: System) -> None:
        self.shop = shop
        self.run = new_run_id()
        self.staff = Client(shop.api, Faults(), (shop.staff.email, shop.staff.password))

    def product(self, name: str, stock: int) -> str:
        """A fresh product; returns its SKU."""
        sku = f"{self.run}-{name}"
        body = {"code": sku, "name": f"Race {name}", "price": "10.00", "stock": stock}
        answer = self.staff.send("POST", "/products", body)
        if answer.status != CREATED:
            raise GaveUp(f"POST /products was answered {answer.status} {answer.body}")
        return sku

    def at_once(self, count: int, send: Callable[[int], Any]) -> list[Any]:
        """All threads stand ready before the first one sends."""
        line = threading.Barrier(count)

        def start(number: int) -> Any:
            line.wait()
            return send(number)

        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(start, range(count)))

    def order(self, items: Mapping[str, int], buyer: str, key: str = "") -> Reply:
        """One POST, never repeated: what is counted is the first answer. Items stand in the order given."""
        body = {
            "items": [{"sku": sku, "quantity": quantity} for sku, quantity in items.items()],
            "email": f"{buyer}@{self.run.lower()}.example.com",
            "payment_method": "cash",
            "shipping": SHIPPING,
        }
        headers = {"Idempotency-Key": key or f"{self.run}-{buyer}"}
        began = time.perf_counter()
        try:
            reply = requests.post(f"{self.shop.api}/orders", json=body, headers=headers, timeout=(30, 60))
        except requests.RequestException as error:
            return Reply(0, {"code": type(error).__name__}, {}, time.perf_counter() - began, items)
        return Reply(reply.status_code, reply.json(), dict(reply.headers), time.perf_counter() - began, items)

    def lines(self, name: str) -> list[Row]:
        """Of every order of the products whose name begins like that."""
        return self._rows(LINES, name)

    def stock(self, name: str) -> list[Row]:
        """Of those products: what is there, and what the ledger says."""
        return self._rows(STOCK, name)

    def _rows(self, question: LiteralString, name: str) -> list[Row]:
        with psycopg.connect(self.shop.database, row_factory=dict_row) as db:
            return db.execute(question, {"skus": f"{self.run}-{name}%"}).fetchall()


def compare_lines(replies: Sequence[Reply], rows: Sequence[Row]) -> Check:
    """Each answered order is in the table with the lines that its buyer sent and was told of, and no other order is."""
    made = [reply for reply in replies if reply.status == CREATED]
    want = {reply.body["id"]: dict(reply.asked) for reply in made}
    said = {reply.body["id"]: {line["sku"]: line["quantity"] for line in reply.body["lines"]} for reply in made}
    have: dict[str, dict[str, int]] = {}
    for row in rows:
        have.setdefault(row["order_id"], {})[row["sku"]] = row["quantity"]
    wrong = [
        f"{order}: ordered {want.get(order)}, answered {said.get(order)}, stored {have.get(order)}"
        for order in want | have
        if not want.get(order) == said.get(order) == have.get(order)
    ]
    return Check("orders and their lines", f"{len(want)} orders", f"{len(have)} orders", wrong)


def compare_stock(
    rows: Sequence[Row], units: int, *, ordered: Mapping[str, int], cancelled: Mapping[str, int]
) -> list[Check]:
    """By the answers, what was sold and not cancelled is what was taken; the ledger says the same, never below zero."""
    taken = {row["sku"]: units - row["stock"] for row in rows}
    due = {sku: ordered.get(sku, 0) - cancelled.get(sku, 0) for sku in taken}
    wrong = [f"{sku}: {due[sku]} sold and kept, {taken[sku]} taken" for sku in taken if due[sku] != taken[sku]]
    ledger = []
    for row in rows:
        want = {"ledger": row["stock"], "received": units}
        want |= {"sold": ordered.get(row["sku"], 0), "cancelled": cancelled.get(row["sku"], 0)}
        have = {name: row[name] for name in want}
        if have != want or min(row["stock"], row["lowest"]) < 0:
            ledger.append(f"{row['sku']}: {have} instead of {want}, never less than {row['lowest']}")
    sold = f"{sum(ordered.values())} − {sum(cancelled.values())}"
    return [
        Check("sold − cancelled = taken", f"{sold} = {sum(due.values())}", str(sum(taken.values())), wrong),
        Check("stock ≥ 0, and the sum of the ledger", f"{len(rows)} SKUs", f"{len(rows) - len(ledger)} SKUs", ledger),
    ]


def counted(replies: Sequence[Reply]) -> Counter[str]:
    return Counter(reply.words for reply in replies)


def in_words(counts: Counter[str]) -> str:
    return ", ".join(f"{count} × {what}" for what, count in sorted(counts.items()) if count)


def units_of(replies: Sequence[Reply]) -> Counter[str]:
    """SKU → units, of the orders that were made."""
    units: Counter[str] = Counter()
    for reply in replies:
        if reply.status == CREATED:
            units.update(reply.asked)
    return units
