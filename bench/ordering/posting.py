"""Orders over HTTP: one whose statements are looked at, or as many as `buyers` get through, each counted afterwards."""

from __future__ import annotations

import time
from pathlib import Path
from uuid import UUID

import psycopg
import requests

from bench.driving.load import Load, Result
from bench.driving.own import OwnShop
from bench.ordering.captured import Sample, Statement, capture
from bench.proving.report import Check
from local.report import Trouble

SCRIPT = (Path(__file__).parent / "post.lua").read_text()
ADDRESS = {"name": "Beate Bench", "line1": "1 Bench Street", "city": "Hamburg", "postal_code": "20457", "country": "DE"}
SAMPLE = ("100357", "100846")
"""The two products of the sample: digits that stand nowhere else in an order."""
SETTLES_WITHIN = 10.0

# What the orders of one case have left: all that begin with its name.
LEFT = """
WITH mine AS MATERIALIZED (
    SELECT id, email FROM orders_order WHERE email >= %(case)s || '-' AND email < %(case)s || '.'
)
SELECT (SELECT count(*) FROM mine),
    (SELECT count(*) FROM orders_orderline l JOIN mine ON l.order_id = mine.id),
    (SELECT count(*) FROM orders_orderhistory h JOIN mine ON h.order_id = mine.id),
    (SELECT count(*) FROM catalog_stockmovement s JOIN mine ON s.order_id = mine.id AND s.delta = -1),
    (SELECT count(*) FROM events_event e JOIN mine ON e.subject = 'order/' || mine.id AND e.type = 'OrderCreated'),
    (SELECT count(*) FROM api_idempotencykey k JOIN mine ON k.caller = 'guest:' || mine.email AND k.status = 201)
"""
PER_ORDER = {"lines": 2, "lines of history": 1, "lines of the ledger": 2, "events": 1, "keys": 1}


class Posting:
    def __init__(self, shop: OwnShop, *, web: int, server: int, products: int, seconds: float) -> None:
        self.shop, self.products, self.seconds = shop, products, seconds
        self.web, self.server = web, server
        self.settings = {"BENCH_PRODUCTS": str(products)}

    def run(self, case: str, *, buyers: int, hot: bool) -> tuple[Result, Check]:
        """`case` is a word of its own for each run: the orders' e-mail addresses begin with it."""
        load = Load(self.shop.ports.api, seconds=self.seconds, connections=buyers, web=self.web, postgres=self.server)
        result = load.measure(SCRIPT, self.settings | {"BENCH_CASE": case, "BENCH_HOT": "1" if hot else ""})
        return result, self._check(case, buyers, result)

    def sample(self) -> tuple[list[Statement], UUID, Sample]:
        """The statements of one order, its id, and what stands in them. Nobody else may order meanwhile."""
        placed: list[tuple[UUID, Sample]] = []
        found = capture(self.shop.postgres.url, self.shop.postgres_log, lambda: placed.append(self._one()))
        return found, *placed[0]

    def _one(self) -> tuple[UUID, Sample]:
        email, key = "sample@bench.example.com", "key-of-the-sample-order"
        body = {
            "items": [{"sku": f"S{product}", "quantity": 1} for product in SAMPLE],
            "email": email,
            "payment_method": "cash",
            "shipping": {"method": "economic", "address": ADDRESS},
        }
        answer = requests.post(f"{self.shop.ports.api}/orders", json=body, headers={"Idempotency-Key": key}, timeout=30)
        if answer.status_code != 201:
            raise Trouble(f"POST /orders was answered {answer.status_code}: {answer.text[:500]}")
        order = answer.json()
        return UUID(order["id"]), Sample(SAMPLE, email, key, order["number"])

    def _check(self, case: str, buyers: int, result: Result) -> Check:
        """Every answer was 201, and the tables hold what was answered, whole, and what was under way at the end."""
        created = result.answers.get("201", 0)
        wrong = [f"{count} answers of {status}" for status, count in result.answers.items() if status != "201"]
        wrong += [f"{result.errors} errors of connections"] if result.errors and not wrong else []
        orders, *parts = self._settled(f"{case}-measured")
        if not created <= orders <= created + buyers:
            wrong.append(f"{created} answers of 201, {orders} orders")
        wrong += [
            f"{count} {name} of {orders} orders"
            for (name, each), count in zip(PER_ORDER.items(), parts, strict=True)
            if count != each * orders
        ]
        return Check(f"orders of {case}", f"{created} to {created + buyers}", str(orders), wrong)

    def _settled(self, case: str) -> tuple[int, ...]:
        """The counts, once they stand still: the load ends in the middle of some requests."""
        end = time.monotonic() + SETTLES_WITHIN
        with psycopg.connect(self.shop.postgres.url, autocommit=True) as db:
            before: tuple[int, ...] = ()
            while time.monotonic() < end:
                now = tuple(db.execute(LEFT, {"case": case}).fetchone() or ())
                if now == before:
                    return now
                before = now
                time.sleep(0.3)
        raise Trouble("Orders still come in when nobody orders any more.")
