"""A comparison that cannot fail proves nothing: each is shown a difference here, and must find it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from bench.driving.client import Answer
from bench.driving.feed import Message
from bench.proving import comparing, mailbox
from bench.replaying import checks
from bench.replaying.expected import Expected, ExpectedOrder, Line
from bench.replaying.placing import Placed

ID = UUID("01a2060a-d9da-7150-b31c-d875de637a44")
MONEY = {"items": "20.00", "shipping": "4.90", "tax": "3.98", "total": "24.90"}


@pytest.fixture
def expected() -> Expected:
    order = ExpectedOrder(
        key="1",
        email="17850@run.example.com",
        lines=(Line("RUN-A", 2, Decimal("10.00"), Decimal("20.00"), Decimal("3.20")),),
        items=Decimal(MONEY["items"]),
        shipping=Decimal(MONEY["shipping"]),
        tax=Decimal(MONEY["tax"]),
        cancelled=False,
        kept_of="",
        country="GB",
    )
    return Expected("RUN", {"1": order}, [], {"RUN-A": 7}, {"RUN-A": 5})


@pytest.fixture
def placed() -> Placed:
    return Placed(answers={"1": Answer(201, {"id": str(ID), "totals": MONEY}, {}, 0.1, 1)})


def stored(**changes: Any) -> dict[str, Any]:
    row = {"id": ID, "number": "2026-000001", "status": "confirmed", "items_total": Decimal("20.00")}
    row |= {"shipping_total": Decimal("4.90"), "tax_total": Decimal("3.98"), "total": Decimal("24.90")}
    return row | changes


def test_what_matches_has_no_difference(expected: Expected, placed: Placed) -> None:
    line = {"order_id": ID, "sku": "RUN-A", "quantity": 2, "unit_price": Decimal(10), "total": Decimal(20)}
    results = checks.orders(expected, placed, [stored()]) + checks.amounts(expected, placed, [stored()], [line])

    assert [check.differences for check in results] == [[], [], [], []]


@pytest.mark.parametrize("rows", [[], [stored(), stored(id=UUID(int=1))], [stored(status="pending")]])
def test_a_lost_a_doubled_and_a_stuck_order_are_found(
    expected: Expected, placed: Placed, rows: list[dict[str, Any]]
) -> None:
    assert any(check.differences for check in checks.orders(expected, placed, rows))


def test_a_cent_is_found(expected: Expected, placed: Placed) -> None:
    _, totals = checks.amounts(expected, placed, [stored(tax_total=Decimal("3.97"))], [])

    assert len(totals.differences) == 1


def test_a_unit_of_stock_and_a_second_ledger_entry_are_found(expected: Expected, placed: Placed) -> None:
    entry = {"sku": "RUN-A", "order_id": ID, "reason": "order", "movements": 2, "delta": -4}
    units, ledger = checks.stock(expected, placed, {"RUN-A": 4}, [entry])

    assert len(units.differences) == 1
    assert len(ledger.differences) == 1


def test_a_missing_event_and_a_missing_receipt_are_found(expected: Expected, placed: Placed) -> None:
    row = {"id": UUID(int=2), "type": "OrderCreated", "data": {"order_id": str(ID)}}
    log, receipts = checks.events(expected, placed, [row], [], {"emails": {"OrderCreated"}})

    assert log.differences == ["event InvoiceGenerated of 1 is missing", "event OrderConfirmed of 1 is missing"]
    assert len(receipts.differences) == 1


def test_a_gap_in_the_numbers_and_a_second_invoice_are_found(expected: Expected, placed: Placed) -> None:
    invoice = {"order_id": ID, "totals": {"total": "24.90"}}
    series = {"series": "INV", "year": 2026, "last": 3, "documents": 2, "highest": 3}
    documents, numbers = checks.invoices(expected, placed, [invoice, invoice], [series])

    assert len(documents.differences) == 1
    assert len(numbers.differences) == 1


@pytest.mark.parametrize("order", ["112", "21", "1", "123"], ids=["a repeat", "another order", "a gap", "a stranger"])
def test_a_feed_that_is_not_the_log_is_found(order: str) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    messages = [Message(f"id-{n}", n, "OrderCreated", moment, "", {}, 0.0) for n in order]
    log = [{"id": f"id-{n}", "type": "OrderCreated", "position": n} for n in "12"]

    assert comparing.live("0", messages, log).differences


def test_a_second_copy_of_a_mail_is_a_difference_unless_processes_were_killed() -> None:
    rows = [{"to": "a@run.example.com", "subject": "We have your order"}]
    twice = Counter({("a@run.example.com", "We have your order"): 2})

    assert mailbox.check(rows, twice, doubles_allowed=False).differences
    allowed = mailbox.check(rows, twice, doubles_allowed=True)
    assert allowed.differences == []
    assert allowed.allowed.startswith("1 second copies")


def test_a_mail_that_never_left_is_found_even_where_processes_were_killed() -> None:
    rows = [{"to": "a@run.example.com", "subject": "We have your order"}]

    assert mailbox.check(rows, Counter(), doubles_allowed=True).differences


def test_a_dead_letter_that_was_there_before_is_no_difference_and_a_new_one_is() -> None:
    assert comparing.leftovers("dead letters", {"emails": 1}, {"emails": 1}).differences == []
    assert len(comparing.leftovers("dead letters", {"emails": 1}, {"emails": 2}).differences) == 1
