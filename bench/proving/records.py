"""What the shop's database holds of one run, read directly: the comparison must not trust the API alone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, LiteralString

import psycopg
from psycopg.rows import dict_row

Record = dict[str, Any]
PATIENCE = 60.0  # seconds that PostgreSQL may be away: a run with --chaos kills it

ORDERS = "SELECT * FROM orders_order WHERE email LIKE %(mine)s"
LINES = "SELECT l.* FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id WHERE o.email LIKE %(mine)s"
STOCK = "SELECT sku, stock FROM catalog_variant WHERE sku LIKE %(skus)s"
LEDGER = """
SELECT v.sku, m.order_id, m.reason, count(*) AS movements, sum(m.delta) AS delta
FROM catalog_stockmovement m JOIN catalog_variant v ON v.id = m.variant_id
WHERE v.sku LIKE %(skus)s AND m.order_id IS NOT NULL GROUP BY v.sku, m.order_id, m.reason
"""
MAILS = """
SELECT m.id, m.kind, m.event_id, m.order_id, m.to, m.subject, m.status, m.sent_at
FROM notifications_mail m LEFT JOIN orders_order o ON o.id = m.order_id
WHERE o.email LIKE %(mine)s OR m.to LIKE %(mine)s
"""
INVOICES = "SELECT i.* FROM invoices_invoice i JOIN orders_order o ON o.id = i.order_id WHERE o.email LIKE %(mine)s"
NUMBERS = """
SELECT s.series, s.year, s.last, count(i.id) AS documents, coalesce(max(i.sequence), 0) AS highest
FROM invoices_numberseries s LEFT JOIN invoices_invoice i USING (series, year)
GROUP BY s.series, s.year, s.last ORDER BY 1, 2
"""
EVENTS = """
SELECT e.id, e.type, e.data, e.time, e.published_at FROM events_event e
JOIN orders_order o ON e.data->>'order_id' = o.id::text WHERE o.email LIKE %(mine)s
"""
LOG = """
SELECT id, type, position, customer_id::text, data FROM events_event WHERE position > %(position)s ORDER BY position
"""
HEARD = """
SELECT count(*) FROM events_event
WHERE position > %(position)s AND (%(owner)s::uuid IS NULL OR customer_id = %(owner)s::uuid)
"""
RECEIPTS = "SELECT consumer, event_id, event_type, done_at, ignored FROM events_inbox WHERE event_id = ANY(%(events)s)"
SHIPPING = "SELECT price, free_from, tax_rate FROM orders_shippingmethod WHERE code = %(method)s"
RATES = "SELECT country, kind, rate FROM orders_taxrate"
UNSETTLED: dict[str, LiteralString] = {
    "events not published": "SELECT count(*) FROM events_event WHERE published_at IS NULL",
    "receipts not done": "SELECT count(*) FROM events_inbox WHERE done_at IS NULL AND NOT ignored",
    "mails not sent": """
        SELECT count(*) FROM notifications_mail m JOIN orders_order o ON o.id = m.order_id
        WHERE o.email LIKE %(mine)s AND m.status <> 'sent'""",
    "invoices not stored": """
        SELECT count(*) FROM orders_order o WHERE o.email LIKE %(mine)s AND o.status = 'confirmed'
        AND NOT EXISTS (SELECT FROM invoices_invoice i WHERE i.order_id = o.id AND i.stored_at IS NOT NULL)""",
    "orders with fewer than two mails": """
        SELECT count(*) FROM orders_order o WHERE o.email LIKE %(mine)s
        AND (SELECT count(*) FROM notifications_mail m WHERE m.order_id = o.id AND m.status = 'sent') < 2""",
}
"""What must come down to zero before anything is compared."""


class Records:
    """One question, one connection: a kill of PostgreSQL in between costs a second look, not the run."""

    def __init__(self, url: str, run: str, domain: str) -> None:
        self.url = url
        self.facts = {"mine": f"%@{domain}", "skus": f"{run}-%"}

    def ask(self, question: LiteralString, **facts: Any) -> list[Record]:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                with psycopg.connect(self.url, connect_timeout=5, row_factory=dict_row) as connection:
                    return connection.execute(question, self.facts | facts).fetchall()
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.5)

    def unsettled(self) -> dict[str, int]:
        counts = {name: int(self.ask(question)[0]["count"]) for name, question in UNSETTLED.items()}
        return {name: count for name, count in counts.items() if count}

    def stock(self) -> dict[str, int]:
        return {row["sku"]: row["stock"] for row in self.ask(STOCK)}

    def receipts(self, event_ids: Sequence[Any]) -> list[Record]:
        return self.ask(RECEIPTS, events=list(event_ids))

    def heard(self, position: int, owner: str | None) -> int:
        """How many events somebody must have heard of after that position; nobody in particular hears of all."""
        return int(self.ask(HEARD, position=position, owner=owner)[0]["count"])

    def log(self, position: int) -> list[Record]:
        """Every event of the shop after that position, in the log's order: staff follow all of them."""
        return self.ask(LOG, position=position)
