"""The comparison: what the file asks for against what the shop holds. Each check returns every difference in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal

from bench.proving.comparing import same
from bench.proving.records import Record
from bench.proving.report import Check
from bench.replaying.expected import Expected
from bench.replaying.placing import Placed


def orders(expected: Expected, placed: Placed, rows: list[Record]) -> list[Check]:
    by_id = {str(row["id"]): row for row in rows}
    key_of = {str(answer.body["id"]): key for key, answer in placed.answers.items()}
    wrong = list(placed.refusals)
    wrong += [f"order {key} was not placed" for key in expected.orders.keys() - placed.answers.keys()]
    wrong += [f"orders {key} and another got one id" for key in set(placed.answers) - set(key_of.values())]
    wrong += [f"order {key_of[id]} was answered 201 and is not in the database" for id in key_of.keys() - by_id.keys()]
    wrong += [
        f"order {by_id[id]['number']} is in the database and no buyer got it" for id in by_id.keys() - key_of.keys()
    ]
    numbers = Counter(row["number"] for row in rows)
    wrong += [f"order number {number} stands {count} times" for number, count in numbers.items() if count > 1]
    known = {key_of[id]: row for id, row in by_id.items() if id in key_of}
    statuses = {key: order.status for key, order in expected.orders.items()}
    want = Counter(statuses.values())
    have = Counter(row["status"] for row in rows)
    return [
        Check(
            "orders", str(len(expected.orders)), f"{len(placed.answers)} answered, {len(rows)} in the database", wrong
        ),
        Check(
            "their status",
            _counts(want),
            _counts(have),
            same("order", statuses, {k: r["status"] for k, r in known.items()}),
        ),
    ]


def amounts(expected: Expected, placed: Placed, rows: list[Record], lines: list[Record]) -> list[Check]:
    names = ("items", "shipping", "tax", "total")
    want = {key: tuple(getattr(order, name) for name in names) for key, order in expected.orders.items()}
    key_of = {str(answer.body["id"]): key for key, answer in placed.answers.items()}
    rows = [row for row in rows if str(row["id"]) in key_of]
    stored = {
        key_of[str(row["id"])]: tuple(row[f"{name}_total" if name != "total" else name] for name in names)
        for row in rows
    }
    told = {
        key: tuple(Decimal(answer.body["totals"][name]) for name in names) for key, answer in placed.answers.items()
    }
    total = sum((order.total for order in expected.orders.values()), Decimal(0))
    held = sum((row["total"] for row in rows), Decimal(0))
    want_lines = {
        f"{o.key} {line.sku}": (line.quantity, line.unit_price, line.total)
        for o in expected.orders.values()
        for line in o.lines
    }
    have_lines = {
        f"{key_of.get(str(row['order_id']), row['order_id'])} {row['sku']}": (
            row["quantity"],
            row["unit_price"],
            row["total"],
        )
        for row in lines
    }
    return [
        Check("order lines", str(len(want_lines)), str(len(lines)), same("line", want_lines, have_lines)),
        Check(
            "totals to the cent",
            f"{total:.2f}",
            f"{held:.2f}",
            same("in the database: totals of", want, stored) + same("in the answer: totals of", want, told),
        ),
    ]


def stock(expected: Expected, placed: Placed, held: dict[str, int], ledger: list[Record]) -> list[Check]:
    key_of = {str(answer.body["id"]): key for key, answer in placed.answers.items()}
    want: dict[str, object] = {}
    for order in expected.orders.values():
        for line in order.lines:
            want[f"{order.key} {line.sku} order"] = (1, -line.quantity)
            if order.cancelled:
                want[f"{order.key} {line.sku} cancel"] = (1, line.quantity)
    have = {
        f"{key_of.get(str(row['order_id']), row['order_id'])} {row['sku']} {row['reason']}": (
            row["movements"],
            row["delta"],
        )
        for row in ledger
    }
    return [
        Check(
            "stock to the unit",
            f"{sum(expected.stock_after.values())} of {len(expected.stock_after)} SKUs",
            f"{sum(held.values())} of {len(held)} SKUs",
            same("stock of", expected.stock_after, held),
        ),
        Check("stock ledger entries", str(len(want)), str(len(have)), same("ledger entry", want, have)),
    ]


def events(
    expected: Expected,
    placed: Placed,
    rows: list[Record],
    receipts: list[Record],
    listeners: Mapping[str, Iterable[str]],
) -> list[Check]:
    """One event of each kind per order, and one receipt of each per consumer that listens to it."""
    key_of = {answer.body["id"]: key for key, answer in placed.answers.items()}
    have: Counter[str] = Counter()
    for row in rows:
        order = row["data"]["order_id"]
        have[f"{row['type']} of {key_of.get(order, order)}"] += 1
    want: dict[str, object] = {}
    for order in expected.orders.values():
        kinds = (
            ["OrderCreated", "OrderCancelled"]
            if order.cancelled
            else ["OrderCreated", "OrderConfirmed", "InvoiceGenerated"]
        )
        want |= {f"{kind} of {order.key}": 1 for kind in kinds}
    due = {
        f"{consumer} {row['type']} {row['id']}": 1
        for row in rows
        for consumer, types in listeners.items()
        if row["type"] in types
    }
    done = {
        f"{row['consumer']} {row['event_type']} {row['event_id']}": 1
        for row in receipts
        if row["done_at"] is not None and not row["ignored"]
    }
    return [
        Check("events in the log", str(len(want)), str(len(rows)), same("event", want, have)),
        Check("receipts of consumers", str(len(due)), str(len(done)), same("receipt", due, done)),
    ]


def invoices(expected: Expected, placed: Placed, rows: list[Record], series: list[Record]) -> list[Check]:
    key_of = {str(answer.body["id"]): key for key, answer in placed.answers.items()}
    confirmed = {key: f"{order.total:.2f}" for key, order in expected.orders.items() if not order.cancelled}
    have = {
        key_of.get(str(row["order_id"]), str(row["order_id"])): f"{Decimal(row['totals']['total']):.2f}" for row in rows
    }
    per_order = Counter(str(row["order_id"]) for row in rows)
    wrong = same("invoice total of", confirmed, have)
    wrong += [f"order {order} has {count} invoices" for order, count in per_order.items() if count > 1]
    gaps = [
        f"{row['series']}-{row['year']}: {row['documents']} documents, highest {row['highest']}, last {row['last']}"
        for row in series
        if not row["documents"] == row["highest"] == row["last"]
    ]
    numbers = ", ".join(f"{row['series']}-{row['year']} 1 to {row['last']}" for row in series)
    held = ", ".join(f"{row['documents']} documents" for row in series)
    return [
        Check("invoices", str(len(confirmed)), str(len(rows)), wrong),
        Check("invoice numbers, no gap", numbers or "none", held or "none", gaps),
    ]


MAIL_OF = {"OrderCreated": "order_received", "OrderCancelled": "order_cancelled", "InvoiceGenerated": "order_confirmed"}
"""Event type → the kind of mail that it leads to."""


def mails(expected: Expected, placed: Placed, rows: list[Record], found: list[Record]) -> Check:
    """One mail per event that asks for one, sent, to the buyer's address."""
    email_of = {answer.body["id"]: expected.orders[key].email for key, answer in placed.answers.items()}
    want = {
        f"{MAIL_OF[row['type']]} for {row['id']}": ("sent", email_of.get(row["data"]["order_id"], "?"))
        for row in rows
        if row["type"] in MAIL_OF
    }
    have = {f"{row['kind']} for {row['event_id']}": (row["status"], row["to"]) for row in found}
    wrong = same("mail", want, have)
    wrong += [f"{len(found) - len(have)} mails stand twice"] if len(found) != len(have) else []
    return Check("mails in the database", str(len(want)), str(len(found)), wrong)


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{counts[name]} {name}" for name in sorted(counts))
