"""From OrderRefunded and OrderCancelled to credit notes: one for each refund, one for the rest, and never too much."""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.models import User
from events.models import Event
from events.tests.delivering import deliver
from invoices.errors import NothingLeftToCredit
from invoices.issuing.credit import shares
from invoices.issuing.services import settle, void
from invoices.models import Invoice, NumberSeries
from invoices.tests.conftest import Confirm, IssueFor, PlaceOrder
from orders.models import Order, Refund
from orders.tests.conftest import at_once
from orders.tests.ways import call

pytestmark = pytest.mark.django_db
real_commits = pytest.mark.django_db(transaction=True)
Amounts = tuple[str, str, str]


@pytest.fixture
def desk(staff: User, client_of: Callable[[User], APIClient]) -> APIClient:
    return client_of(staff)


def refund(desk: APIClient, order: Order, **body: Any) -> Event:
    """Has staff refund the order, and returns the event that tells of it."""
    answer = call(desk, str(order.id), "refund", **body)
    assert answer.status_code == 200, answer.content
    return Event.objects.filter(type="OrderRefunded", data__order_id=str(order.id)).latest("id")


def cancel(desk: APIClient, order: Order) -> Event:
    answer = call(desk, str(order.id), "cancel")
    assert answer.status_code == 200, answer.content
    return Event.objects.get(type="OrderCancelled", data__order_id=str(order.id))


def notes() -> list[Invoice]:
    return list(Invoice.objects.filter(kind="credit_note").order_by("sequence"))


def amounts(document: Invoice) -> Amounts:
    return document.totals["net"], document.totals["tax"], document.totals["total"]


def by_rate(documents: list[Invoice]) -> dict[str, tuple[Decimal, Decimal]]:
    """Tax rate → net and tax of it, of all documents together."""
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    for document in documents:
        for tax in document.totals["taxes"]:
            net, amount = sums.get(tax["rate"], (Decimal(0), Decimal(0)))
            sums[tax["rate"]] = (net + Decimal(tax["net"]), amount + Decimal(tax["tax"]))
    return sums


def test_a_whole_refund_is_credited_line_by_line(issue_for: IssueFor, desk: APIClient, customer: User) -> None:
    invoice = issue_for(("MUG", 2), ("BOOK", 1))

    deliver(refund(desk, invoice.order, reason="All broken."), "invoices")

    (note,) = notes()
    assert note.number == f"CN-{note.year}-000001"
    assert (note.corrects, note.refund, note.reason) == (invoice, Refund.objects.get(), "All broken.")
    assert (note.lines, note.totals, note.buyer) == (invoice.lines, invoice.totals, invoice.buyer)
    assert note.is_stored
    told = Event.objects.filter(type="InvoiceGenerated").latest("id")
    assert (told.data["kind"], told.data["number"], told.customer_id) == ("credit_note", note.number, customer.id)


def test_each_part_has_a_note_of_its_own_and_all_add_up_to_the_invoice(issue_for: IssueFor, desk: APIClient) -> None:
    invoice = issue_for(("MUG", 2), ("BOOK", 1))

    for part in ({"amount": "10.00"}, {"amount": "0.01"}, {}):
        deliver(refund(desk, invoice.order, **part), "invoices")

    assert [amounts(note) for note in notes()] == [
        ("8.83", "1.17", "10.00"),
        ("0.01", "0.00", "0.01"),
        ("40.32", "5.36", "45.68"),
    ]
    assert by_rate(notes()) == by_rate([invoice])
    assert [row["name"] for row in notes()[0].lines] == ["Refund", "Refund"]
    assert [(line["tax_rate"], line["tax"], line["total"]) for line in notes()[0].lines] == [
        ("19.00", "0.88", "5.51"),
        ("7.00", "0.29", "4.49"),
    ]


def test_a_cancelled_order_has_the_rest_of_its_invoice_credited(issue_for: IssueFor, desk: APIClient) -> None:
    invoice = issue_for(("MUG", 2), ("BOOK", 1))
    part = refund(desk, invoice.order, amount="10.00")

    for event in (cancel(desk, invoice.order), part):
        deliver(event, "invoices")

    assert [(note.refund_id is None, amounts(note)[2]) for note in notes()] == [(False, "10.00"), (True, "45.69")]
    assert [note.reason for note in notes()] == ["It was broken.", "Changed my mind."]
    assert by_rate(notes()) == by_rate([invoice])


@pytest.mark.parametrize("order_of_events", [[0, 1, 2], [1, 0, 2], [2, 1, 0]])
def test_events_may_come_in_any_order(
    order_of_events: list[int], place: PlaceOrder, confirm: Confirm, desk: APIClient
) -> None:
    order = place(("MUG", 2))
    events = [confirm(order), refund(desk, order, amount="1.00"), refund(desk, order, amount="2.00")]

    for index in order_of_events:
        deliver(events[index], "invoices")

    documents = Invoice.objects.order_by("issued_at")
    assert [amounts(document)[2] for document in documents] == ["30.70", "1.00", "2.00"]
    assert all(document.is_stored for document in documents)
    assert [document.sequence for document in documents] == [1, 1, 2]


def test_an_order_cancelled_before_its_invoice_has_no_document_at_all(
    place: PlaceOrder, confirm: Confirm, desk: APIClient
) -> None:
    order = place()
    events = [confirm(order), refund(desk, order, amount="1.00"), cancel(desk, order)]

    for event in events:
        deliver(event, "invoices")

    assert not Invoice.objects.exists()
    assert not NumberSeries.objects.exists()


def test_a_second_delivery_issues_nothing(issue_for: IssueFor, desk: APIClient) -> None:
    invoice = issue_for()
    event = refund(desk, invoice.order, amount="1.00")
    deliver(event, "invoices")

    settle(order_id=invoice.order_id)
    deliver(event, "invoices")

    assert len(notes()) == 1
    assert NumberSeries.objects.get(series="CN").last == 1


@real_commits
def test_one_refund_has_one_note_however_many_issue_it_at_once(issue_for: IssueFor, desk: APIClient) -> None:
    order = issue_for().order
    refund(desk, order, amount="1.00")

    at_once([lambda: settle(order_id=order.id)] * 6)

    assert len(notes()) == 1


def test_the_database_refuses_a_second_note_for_a_refund_and_one_that_corrects_nothing(
    issue_for: IssueFor, desk: APIClient
) -> None:
    invoice = issue_for()
    deliver(refund(desk, invoice.order, amount="1.00"), "invoices")
    values = Invoice.objects.filter(kind="credit_note").values().get()
    values |= {"id": UUID(int=7), "sequence": 99, "number": "CN-99"}

    with pytest.raises(IntegrityError, match="one_credit_note_per_refund"):
        Invoice.objects.create(**values)


def test_a_note_that_corrects_nothing_is_refused(issue_for: IssueFor) -> None:
    values = Invoice.objects.filter(id=issue_for().id).values().get()
    values |= {"id": UUID(int=7), "sequence": 99, "number": "CN-99", "kind": "credit_note"}

    with pytest.raises(IntegrityError, match="credit_notes_correct_an_invoice"):
        Invoice.objects.create(**values)


def test_a_voided_invoice_is_credited_once_and_later_refunds_have_nothing_left(
    issue_for: IssueFor, desk: APIClient
) -> None:
    invoice = issue_for(("MUG", 2))
    refund(desk, invoice.order, amount="1.00")

    void(order_id=invoice.order_id, reason="Wrong address.")

    with pytest.raises(NothingLeftToCredit):
        void(order_id=invoice.order_id, reason="Again.")
    deliver(refund(desk, invoice.order, amount="5.00"), "invoices")
    deliver(cancel(desk, invoice.order), "invoices")
    assert [(amounts(note)[2], note.reason) for note in notes()] == [
        ("1.00", "It was broken."),
        ("29.70", "Wrong address."),
    ]
    assert by_rate(notes()) == by_rate([invoice])


def test_nothing_is_voided_where_all_was_refunded_or_nothing_billed(
    issue_for: IssueFor, place: PlaceOrder, desk: APIClient
) -> None:
    refunded, cancelled, pending = issue_for().order, place(), place()
    refund(desk, refunded)
    cancel(desk, cancelled)

    for order in (refunded, cancelled, pending):
        with pytest.raises(NothingLeftToCredit):
            void(order_id=order.id, reason="x")
    assert Invoice.objects.exclude(order=refunded).count() == 0


def test_any_number_of_refunds_adds_up_at_every_rate(issue_for: IssueFor, desk: APIClient) -> None:
    invoice = issue_for(("MUG", 3), ("BOOK", 2))
    fate = random.Random(6)  # noqa: S311
    left = Decimal(invoice.totals["total"])
    while left > 20:
        part = Decimal(fate.choice([1, 1, 7, 333, 999])) / 100
        refund(desk, invoice.order, amount=f"{part:.2f}")
        left -= part
    refund(desk, invoice.order)

    settle(order_id=invoice.order_id)

    assert len(notes()) == Refund.objects.count() > 10
    assert by_rate(notes()) == by_rate([invoice])
    assert all(Decimal(line["tax"]) >= 0 and Decimal(line["total"]) >= 0 for note in notes() for line in note.lines)


def test_the_buyer_reads_what_it_corrects(
    issue_for: IssueFor, desk: APIClient, customer: User, client_of: Callable[[User], APIClient]
) -> None:
    invoice = issue_for()
    deliver(refund(desk, invoice.order, amount="1.00", reason="Chipped."), "invoices")

    note, billed = client_of(customer).get("/invoices").json()["results"]

    assert (note["kind"], note["corrects"], note["reason"]) == ("credit_note", str(invoice.id), "Chipped.")
    assert (billed["kind"], billed["corrects"], billed["reason"]) == ("invoice", None, "")
    by_order = client_of(customer).get("/invoice-url", {"order_id": str(invoice.order_id)}).json()["url"]
    assert invoice.key in by_order


@settings(deadline=None)
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=6), st.data())
def test_shares_add_up_and_none_is_above_its_part(cents: list[int], data: st.DataObject) -> None:
    parts = [Decimal(part) / 100 for part in cents]
    amount = Decimal(data.draw(st.integers(0, sum(cents)))) / 100

    divided = shares(amount, parts, "EUR")

    assert sum(divided) == amount
    assert all(0 <= share <= part for share, part in zip(divided, parts, strict=True))


@pytest.mark.parametrize("currency", ["JPY", "KWD"])
def test_shares_are_whole_minor_units(currency: str) -> None:
    unit = {"JPY": Decimal(1), "KWD": Decimal("0.001")}[currency]

    assert shares(unit, [unit, unit, unit], currency) == [unit, 0, 0]
    with pytest.raises(ValueError, match="divided"):
        shares(unit * 4, [unit, unit, unit], currency)
