"""For scale: an order of two lines as plain SQL, in a transaction of eight statements, and in one that does it all.

By hand and with the least that the tables ask for: no shop stands behind these. They show what the round trips cost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bench.ordering.captured import begun

TAKE = "UPDATE catalog_variant SET stock = stock - 1 WHERE sku IN ({first}, {second}) AND stock > 0"
LEDGER = (
    'INSERT INTO catalog_stockmovement (id, variant_id, delta, balance, reason, order_id, "by", note, created_at)'
    " SELECT CASE sku WHEN {first} THEN {id1}::uuid ELSE {id2}::uuid END, id, -1, stock, 'order', {id0}::uuid, {email},"
    " '', now() FROM "
)
REST = (
    "INSERT INTO orders_order (id, number, status, email, currency, payment_method, shipping_method_id,"
    " shipping_address, note, carrier, tracking_number, items_total, shipping_total, shipping_tax_rate, tax_total,"
    " total, refunded_total, version, created_at, updated_at)"
    " VALUES ({id0}::uuid, {number}, 'pending', {email}, 'EUR', 'cash', 'economic', {address}::jsonb, '', '', '',"
    " 25.8, 4.9, 19, 4.9, 30.7, 0, 1, now(), now())",
    "INSERT INTO orders_orderline"
    " (order_id, variant_id, position, sku, name, quantity, unit_price, tax_rate, tax, total)"
    " SELECT {id0}::uuid, id, 1, sku, 'Oak bowl', 1, price, 19, 2.06, price FROM catalog_variant"
    " WHERE sku IN ({first}, {second})",
    'INSERT INTO orders_orderhistory (order_id, status, at, "by", reason)'
    " VALUES ({id0}::uuid, 'pending', now(), {email}, '')",
    "INSERT INTO events_event"
    " (id, type, version, subject, data, time, request_id, attempts, last_error)"
    " VALUES ({id3}::uuid, 'OrderCreated', 1, 'order/' || {id0}, {data}::jsonb, now(), '', 0, '')",
    "INSERT INTO api_idempotencykey (caller, key, fingerprint, status, body, headers, created_at)"
    " VALUES ('guest:' || {email}, {number}, repeat('0', 64), 201, convert_to(repeat({data}, 5), 'UTF8'), '{{}}',"
    " now())",
)
TRANSACTION = (
    "SELECT id, price, stock FROM catalog_variant WHERE sku IN ({first}, {second}) ORDER BY sku FOR NO KEY UPDATE",
    TAKE,
    f"{LEDGER} catalog_variant WHERE sku IN ({{first}}, {{second}})",
    *REST,
)
IN_ONE = (
    f"WITH taken AS ({TAKE} RETURNING id, sku, stock), a AS ({LEDGER} taken), "
    + ", ".join(f"b{place} AS ({one})" for place, one in enumerate(REST[:-1]))
    + f" {REST[-1]}"
)
OWN = ":v_high:v_low-:v_client:v_run"
VALUES = {
    "first": "S:v_p1",
    "second": "S:v_p2",
    "email": f"buyer-{OWN}@bench.example.com",
    "number": "2026-:v_high:v_low:v_client:v_run",
    "address": '{"name": "Beate Bench", "line1": "1 Bench Street", "city": "Hamburg", "country": "DE"}',
    "data": '{"status": "pending", "total": "30.70", "currency": "EUR", "lines": [{"quantity": 1}, {"quantity": 1}]}',
} | {f"id{n}": f"01a20000-:v_high-7:v_low-820{n}-:v_run:v_client:v_any" for n in range(4)}


def scripts(products: int) -> dict[str, str]:
    """pgbench scripts by name, for orders of distinct random products."""
    return {
        "a plain transaction": _script(TRANSACTION, products, transaction=True),
        "one data-modifying statement": _script([IN_ONE], products, transaction=False),
    }


def _script(statements: Iterable[str], products: int, *, transaction: bool) -> str:
    prepared, calls = [], []
    for place, statement in enumerate(statements):
        names = list(dict.fromkeys(re.findall(r"(?<!\{)\{(\w+)\}", statement)))
        sql = statement.format(**{name: f"${number}" for number, name in enumerate(names, 1)})
        types = ", ".join("text" for _ in names)
        prepared.append(f"PREPARE v_{place} ({types}) AS {sql};")
        calls.append(f"EXECUTE v_{place}({', '.join(repr(VALUES[name]) for name in names)});")
    return begun(prepared, products=products, hot=False) + "\n".join(
        ["BEGIN;", *calls, "COMMIT;", ""] if transaction else [*calls, ""]
    )
