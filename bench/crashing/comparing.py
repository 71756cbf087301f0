"""Each key one order, whole: what the buyers were answered, held against the database."""

from __future__ import annotations

import psycopg
from psycopg.rows import dict_row

from bench.crashing.buyers import Buyers
from bench.proving.afterwards import ledger
from bench.proving.intentions import unanswered, unequal
from bench.proving.report import Check

# One row per order: the numbers of what belongs to it.
ORDERS = """
SELECT o.id::text, o.status,
    (SELECT count(*) FROM orders_orderline l WHERE l.order_id = o.id) AS lines,
    (SELECT count(*) FROM orders_orderhistory h WHERE h.order_id = o.id) AS history,
    (SELECT count(*) FROM catalog_stockmovement m WHERE m.order_id = o.id) AS movements,
    (SELECT count(*) FROM events_event e WHERE e.subject = 'order/' || o.id AND e.type = 'OrderCreated') AS events,
    (SELECT count(*) FROM api_idempotencykey k WHERE k.headers ->> 'Location' = '/orders/' || o.id) AS keys
FROM orders_order o
"""
WHOLE = {"status": "pending", "lines": 2, "history": 1, "movements": 2, "events": 1, "keys": 1}
COUNTS = """
SELECT (SELECT count(*) FROM events_event WHERE type = 'OrderCreated'),
    (SELECT count(*) FROM api_idempotencykey),
    (SELECT count(*) FROM catalog_stockmovement WHERE reason = 'order'),
    (SELECT COALESCE(-sum(delta), 0)::int FROM catalog_stockmovement WHERE reason = 'order'),
    (SELECT COALESCE(sum(quantity), 0)::int FROM orders_orderline),
    (SELECT sum(delta)::bigint FROM catalog_stockmovement WHERE reason = 'received'),
    (SELECT sum(stock)::bigint FROM catalog_variant)
"""


def compare(database: str, buyers: Buyers) -> list[Check]:
    with psycopg.connect(database, row_factory=dict_row) as db:
        orders = db.execute(ORDERS).fetchall()
    with psycopg.connect(database) as db:
        events, keys, movements, taken, ordered, received, stock = db.execute(COUNTS).fetchone() or (0,) * 7
    wanted = len(buyers.intentions)
    answered = {intention.answers[0]["id"] for intention in buyers.intentions if intention.answers}
    stored = {order["id"] for order in orders}
    other = [f"order {id} was never answered" for id in stored - answered]
    other += [f"order {id} was answered and is not there" for id in answered - stored]
    broken = [f"{order}" for order in orders if {name: order[name] for name in WHOLE} != WHOLE]
    return [
        Check(
            "keys, each with an answer",
            str(wanted),
            str(len(answered)),
            [*buyers.strange, *unanswered(buyers.intentions)],
        ),
        Check("orders = distinct keys", str(wanted), str(len(orders)), other),
        Check(
            "the answers to one key are equal",
            str(wanted),
            str(wanted - len(unequal(buyers.intentions))),
            unequal(buyers.intentions),
        ),
        Check("orders with their parts, each once", str(wanted), str(len(orders) - len(broken)), broken),
        _equal("events OrderCreated = orders", wanted, events),
        _equal("keys kept = orders", wanted, keys),
        _equal("lines of the ledger = lines of orders", 2 * wanted, movements),
        _equal("units taken = units sold", ordered, taken),
        _equal("stock + sold = received", received, stock + ordered),
        ledger(database, "at the end"),
    ]


def _equal(name: str, want: int, have: int) -> Check:
    return Check(name, str(want), str(have), [] if want == have else [f"{have} instead of {want}"])
