"""A judgement that cannot fail proves nothing: each is shown what must not be, and must find it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from bench.chaos.judging import verdicts
from bench.chaos.judging.seen import Seen
from bench.driving.client import Faults
from bench.proving.comparing import server_errors
from bench.proving.intentions import Intention

ITEMS = [{"sku": "A", "quantity": 2}]
BEGUN = {"A": 10}
Decisions = tuple[str, ...]


def placed(*orders: str) -> list[Intention]:
    return [Intention(f"key-{id}", {"items": ITEMS}, [{"id": id}]) for id in orders]


def decided(*decisions: str) -> list[Intention]:
    """As `confirm 1`."""
    words = [decision.split() for decision in decisions]
    return [Intention(f"{verb}-{id}", {}, [{"id": id}], path=f"/orders/{id}/{verb}") for verb, id in words]


def shown(id: str, status: str) -> dict[str, Any]:
    return {"id": id, "number": f"2026-{id}", "status": status, "totals": {"total": "24.90"}}


def invoiced(order: str, number: str, total: str = "24.90") -> dict[str, Any]:
    return {"order_id": order, "number": number, "totals": {"total": total}}


ORDERS = [shown("1", "confirmed"), shown("2", "cancelled"), shown("3", "pending")]
DECISIONS = ("confirm 1", "cancel 2")
MAILS = {
    ("2026-1", "OrderCreated"): Counter(a=1),
    ("2026-1", "InvoiceGenerated"): Counter(b=1),
    ("2026-2", "OrderCreated"): Counter(c=1),
    ("2026-2", "OrderCancelled"): Counter(d=1),
    ("2026-3", "OrderCreated"): Counter(e=1),
}
TOLD = [
    ("OrderCreated", "1"),
    ("OrderCreated", "2"),
    ("OrderConfirmed", "1"),
    ("OrderCancelled", "2"),
    ("InvoiceGenerated", "1"),
    ("OrderCreated", "3"),
]


def seen(**changes: Any) -> Seen:
    facts = {"orders": ORDERS, "invoices": [invoiced("1", "INV-2026-000001")], "stock": {"A": 6}, "mails": MAILS}
    return Seen(**facts | changes)


def test_what_is_as_it_must_be_has_no_difference() -> None:
    orders, decisions = placed("1", "2", "3"), decided(*DECISIONS)
    checks = [
        verdicts.keys(orders, decisions, []),
        *verdicts.orders(orders, decisions, seen()),
        verdicts.stock(orders, decisions, BEGUN, seen()),
        *verdicts.invoices(seen()),
        verdicts.mails(seen(), doubles_allowed=False),
        verdicts.lives(seen(), TOLD),
    ]

    assert [check.differences for check in checks] == [[]] * 8


@pytest.mark.parametrize(
    ("orders", "words"),
    [
        (ORDERS[:2], "order 3 was answered 201 and is not there"),
        ([*ORDERS, shown("4", "pending")], "order 4 is there and was answered to nobody"),
        ([*ORDERS[:2], {**ORDERS[2], "number": "2026-1"}], "order number 2026-1 stands 2 times"),
    ],
    ids=["lost", "doubled", "a number twice"],
)
def test_a_lost_and_a_doubled_order_are_found(orders: list[dict[str, Any]], words: str) -> None:
    there, _ = verdicts.orders(placed("1", "2", "3"), decided(*DECISIONS), seen(orders=orders))

    assert there.differences == [words]


def test_a_confirmation_that_was_answered_and_did_not_last_is_found() -> None:
    orders = [shown("1", "pending"), *ORDERS[1:]]
    _, status = verdicts.orders(placed("1", "2", "3"), decided(*DECISIONS), seen(orders=orders))

    assert status.differences == ["order 1: expected confirmed, found pending"]


def test_an_order_that_was_both_confirmed_and_called_off_by_its_buyer_is_found() -> None:
    _, status = verdicts.orders(placed("1"), decided("confirm 1", "cancel 1"), seen(orders=[shown("1", "cancelled")]))

    assert status.differences == ["cancel-1: cancel was answered 200, of an order that is confirmed"]


def test_a_key_without_an_answer_another_answer_to_it_and_a_strange_one_are_found() -> None:
    open_ = Intention("open", {"items": ITEMS})
    refused = Intention("refused", {"items": ITEMS}, refusal="out_of_stock")
    two = Intention("two", {}, [{"id": "1"}, {"id": "1", "status": "pending"}], path="/orders/1/confirm")
    forgot = Intention("forgot", {}, [{"id": "1"}], path="/orders/1/confirm", refusal="order_transition_not_allowed")
    check = verdicts.keys([open_, refused, *placed("1")], [two, forgot], ["/orders: 404"])

    assert check.differences == [
        "/orders: 404",
        "open has no answer",
        "forgot was answered, and then refused: order_transition_not_allowed",
        "the answers to two differ",
    ]


@pytest.mark.parametrize("left", [5, 7, -1])
def test_a_unit_of_stock_that_is_lost_or_sold_twice_is_found(left: int) -> None:
    check = verdicts.stock(placed("1", "2", "3"), decided(*DECISIONS), BEGUN, seen(stock={"A": left}))

    assert check.differences


@pytest.mark.parametrize(
    ("invoices", "words"),
    [
        ([], "invoice of order 1 is missing"),
        ([invoiced("1", "INV-2026-000001"), invoiced("1", "INV-2026-000002")], "order 1 has 2 invoices"),
        ([invoiced("1", "INV-2026-000001", "24.91")], "invoice of order 1: expected 24.90, found 24.91"),
        (
            [invoiced("1", "INV-2026-000001"), invoiced("2", "INV-2026-000002")],
            "invoice of order 2 is there and should not be",
        ),
    ],
    ids=["none", "two", "of another total", "of a cancelled order"],
)
def test_an_invoice_too_few_too_many_or_of_another_total_is_found(invoices: list[dict[str, Any]], words: str) -> None:
    documents, _ = verdicts.invoices(seen(invoices=invoices))

    assert documents.differences == [words]


def test_a_gap_and_a_repeat_in_the_numbers_are_found_in_each_series() -> None:
    wrong, last = verdicts.gaps_of(["INV-2026-000001", "INV-2026-000003", "CN-2026-000001", "CN-2026-000001", "X"])

    assert wrong == ["X is no number of an invoice", "INV-2026: 2 is missing", "CN-2026: 1 stands 2 times"]
    assert last == {"INV-2026": 3, "CN-2026": 1}


def test_a_mail_that_never_came_and_one_that_nobody_asked_for_are_found() -> None:
    mails = {letter: ids for letter, ids in MAILS.items() if letter != ("2026-2", "OrderCancelled")}
    check = verdicts.mails(seen(mails=mails | {("2026-3", "OrderShipped"): Counter(f=1)}), doubles_allowed=True)

    assert check.differences == [
        "no mail of OrderCancelled for order 2026-2",
        "a mail of OrderShipped for order 2026-3",
    ]


def test_a_second_copy_is_counted_where_something_broke_and_found_where_nothing_did() -> None:
    twice = seen(mails=MAILS | {("2026-3", "OrderCreated"): Counter(e=2)})

    assert verdicts.mails(twice, doubles_allowed=False).differences == [
        "a mail came again: OrderCreated for 2026-3, 2 times"
    ]
    allowed = verdicts.mails(twice, doubles_allowed=True)
    assert allowed.differences == []
    assert allowed.allowed == "1 mails came twice, at least once: OrderCreated for 2026-3, 2 times"


def test_two_different_mails_of_one_event_are_found_whatever_broke() -> None:
    check = verdicts.mails(seen(mails=MAILS | {("2026-3", "OrderCreated"): Counter(e=1, f=1)}), doubles_allowed=True)

    assert check.differences == ["2 different mails of OrderCreated for order 2026-3"]


@pytest.mark.parametrize(
    "told",
    [
        [one for one in TOLD if one != ("InvoiceGenerated", "1")],
        [*TOLD, ("InvoiceGenerated", "1")],
        [("OrderConfirmed", "1"), *[one for one in TOLD if one != ("OrderConfirmed", "1")]],
    ],
    ids=["one is missing", "one came twice", "one came before what it follows"],
)
def test_an_order_whose_events_are_not_its_life_in_order_is_found(told: list[tuple[str, str]]) -> None:
    assert len(verdicts.lives(seen(), told).differences) == 1


def test_a_dead_letter_that_was_not_poisoned_is_found_and_a_poisoned_one_that_is_not_dead_at_the_end() -> None:
    poisoned = {"emails-dead": ["junk"], "invoices-dead": ["more"]}

    assert verdicts.dead(poisoned, {"emails-dead": ["junk"]}, all_there=False).differences == []
    assert verdicts.dead(poisoned, {"emails-dead": ["junk"]}, all_there=True).differences == [
        "invoices-dead: more was poisoned, and is not dead"
    ]
    other = verdicts.dead(poisoned, {"emails-dead": ["junk", "an order"]}, all_there=False)
    assert other.differences == ["emails-dead: an order is dead, and was not poisoned"]


def test_a_500_and_a_503_that_does_not_say_when_to_come_again_are_found() -> None:
    faults = Faults()
    for what in ("503 unavailable", "no answer (ConnectionError)"):
        faults.note(what, "GET /")
    assert server_errors(faults).differences == []
    for what in ("500 internal_error", "503 without Retry-After"):
        faults.note(what, "GET /")

    assert len(server_errors(faults).differences) == 2
