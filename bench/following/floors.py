"""What the parts of the way cost alone: a message, a document, the rows of an order."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, LiteralString

import boto3
import psycopg
from psycopg import sql

from invoices.models import Invoice
from invoices.rendering import pdf
from invoices.rendering.einvoice import einvoice
from local.running import System

WRITTEN: dict[str, LiteralString] = {
    "events_event": "SELECT id FROM events_event WHERE data->>'order_id' = %(order)s",
    "events_inbox": """
        SELECT i.id FROM events_inbox i JOIN events_event e ON e.id = i.event_id WHERE e.data->>'order_id' = %(order)s
    """,
    "notifications_mail": "SELECT id FROM notifications_mail WHERE order_id = %(order)s::uuid",
    "invoices_invoice": "SELECT id FROM invoices_invoice WHERE order_id = %(order)s::uuid",
}
"""Table → which of its rows belong to an order: what the worker and the relay have written or changed for it."""


@dataclass(frozen=True)
class Floor:
    """`processor` is the milliseconds of this process for one; None where another one does the work."""

    what: str
    count: int
    per_second: float
    processor: float | None = None


def documents(count: int) -> list[Floor]:
    """Of the run's own invoices: the PDF by WeasyPrint alone, the XML, and the document as the shop makes it."""
    from weasyprint import HTML

    invoices = list(Invoice.objects.select_related("logo").order_by("sequence")[:count])

    def alone(invoice: Invoice) -> object:
        page = HTML(string=pdf.html_of(invoice), url_fetcher=pdf.fetcher(invoice))
        return page.write_pdf(stylesheets=[pdf.style_of(invoice)])

    ways: dict[str, Callable[[Invoice], object]] = {
        "WeasyPrint alone, the same HTML": alone,
        "the XML alone": lambda invoice: einvoice(invoice).xml,
        "PDF/A-3b with the XML, as stored": pdf.render,
    }
    for work in ways.values():
        work(invoices[0])  # fonts and style sheets are read once
    return [_timed(what, functools.partial(_all, work, invoices), len(invoices)) for what, work in ways.items()]


def _all(work: Callable[[Invoice], object], invoices: list[Invoice]) -> None:
    for invoice in invoices:
        work(invoice)


def messages(shop: System, count: int) -> list[Floor]:
    """Sent one by one, received ten at a time, deleted one by one, as relay and worker do."""
    sqs: Any = boto3.client("sqs", **shop.aws)  # type: ignore[call-overload]
    url = sqs.create_queue(QueueName="bench-alone")["QueueUrl"]
    sent = _timed(
        "SQS: send alone",
        lambda: [sqs.send_message(QueueUrl=url, MessageBody="x" * 1000) for _ in range(count)],
        count,
        processor=False,
    )

    def take() -> None:
        left = count
        while left:
            for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                left -= 1

    return [sent, _timed("SQS: receive and delete alone", take, count, processor=False)]


def rows(shop: System, orders: list[str]) -> Floor:
    """All rows of an order again, into tables like theirs, in one transaction for each order."""
    with psycopg.connect(shop.database, autocommit=True) as db:
        ids = {
            (order, table): [row[0] for row in db.execute(which, {"order": order})]
            for order in orders
            for table, which in WRITTEN.items()
        }
        for table in WRITTEN:
            names = {"copy": sql.Identifier(f"bench_{table}"), "table": sql.Identifier(table)}
            db.execute(sql.SQL("CREATE TABLE {copy} (LIKE {table} INCLUDING ALL)").format(**names))

        def write() -> None:
            for order in orders:
                with db.transaction():
                    for table in WRITTEN:
                        names = {"copy": sql.Identifier(f"bench_{table}"), "table": sql.Identifier(table)}
                        copy = sql.SQL("INSERT INTO {copy} SELECT * FROM {table} WHERE id = ANY(%s)").format(**names)
                        db.execute(copy, [ids[order, table]])

        return _timed("the rows of an order alone, one connection", write, len(orders), processor=False)


def _timed(what: str, work: Callable[[], object], count: int, *, processor: bool = True) -> Floor:
    before, began = time.process_time(), time.perf_counter()
    work()
    seconds, used = time.perf_counter() - began, time.process_time() - before
    return Floor(what, count, round(count / seconds, 1), round(used / count * 1000, 1) if processor else None)
