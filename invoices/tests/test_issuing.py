"""From OrderConfirmed to a numbered, frozen and stored invoice: once, whatever happens on the way."""

from __future__ import annotations

import hashlib
import io
import random
from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

import pytest
from botocore.exceptions import EndpointConnectionError
from django.db import transaction
from django.utils import timezone
from pypdf import PdfReader
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from events.consume import consume
from events.envelope import parse, to_wire
from events.models import Event, Inbox
from events.tests.delivering import deliver
from invoices import documents
from invoices.handlers import issue_documents
from invoices.issuing.services import settle
from invoices.keeping.services import mark_stored
from invoices.models import Invoice, NumberSeries
from invoices.tests.conftest import Confirm, IssueFor, PlaceOrder, objects_under
from orders.models import Order
from orders.tests.conftest import at_once

pytestmark = pytest.mark.django_db
real_commits = pytest.mark.django_db(transaction=True)


def generated() -> list[Event]:
    return list(Event.objects.filter(type="InvoiceGenerated"))


def document_of(invoice: Invoice) -> PdfReader:
    return PdfReader(io.BytesIO(documents.read(invoice)))


def test_an_order_cancelled_before_its_invoice_gets_none_and_takes_no_number(
    place: PlaceOrder, confirm: Confirm, staff: User, client_of: Callable[[User], APIClient]
) -> None:
    order = place(("MUG", 2))
    confirmed = confirm(order)
    assert client_of(staff).post(f"/orders/{order.id}/cancel").status_code == 200

    deliver(confirmed, "invoices")

    assert not Invoice.objects.exists()
    assert not NumberSeries.objects.exists()
    assert generated() == []
    assert Inbox.objects.get(event_id=confirmed.id).done_at is not None


def test_a_confirmed_order_gets_an_invoice_and_tells_of_it(place: PlaceOrder, confirm: Confirm, customer: User) -> None:
    order = place(("MUG", 2), ("BOOK", 1))

    deliver(confirm(order), "invoices")

    invoice = Invoice.objects.get()
    year = timezone.localtime(invoice.issued_at).year
    assert invoice.number == f"INV-{year}-000001"
    assert (invoice.kind, invoice.order_id, invoice.order_number) == ("invoice", order.id, order.number)
    content = documents.read(invoice)
    assert content.startswith(b"%PDF-")
    assert (invoice.sha256, invoice.size) == (hashlib.sha256(content).hexdigest(), len(content))
    (event,) = generated()
    assert event.customer_id == customer.id
    assert event.data == {
        "invoice_id": str(invoice.id),
        "number": invoice.number,
        "kind": "invoice",
        "order_id": str(order.id),
        "order_number": order.number,
        "sha256": invoice.sha256,
        "size": invoice.size,
    }


def test_it_freezes_the_order_to_the_cent_with_the_tax_of_each_rate(place: PlaceOrder, confirm: Confirm) -> None:
    order = place(("MUG", 2), ("BOOK", 1))

    deliver(confirm(order), "invoices")

    invoice = Invoice.objects.get()
    # 25.80 with 19 % contains 4.12, 24.99 with 7 % contains 1.63, and 4.90 of shipping with 19 % contains 0.78.
    assert [(line["kind"], line["sku"], line["quantity"], line["total"], line["tax"]) for line in invoice.lines] == [
        ("item", "MUG", 2, "25.80", "4.12"),
        ("item", "BOOK", 1, "24.99", "1.63"),
        ("shipping", "", 1, "4.90", "0.78"),
    ]
    assert invoice.totals == {
        "net": "49.16",
        "tax": "6.53",
        "total": "55.69",
        "taxes": [
            {"rate": "19.00", "net": "25.80", "tax": "4.90", "total": "30.70"},
            {"rate": "7.00", "net": "23.36", "tax": "1.63", "total": "24.99"},
        ],
        "prices_include_tax": True,
    }
    assert (Decimal(invoice.totals["total"]), Decimal(invoice.totals["tax"])) == (order.total, order.tax_total)
    assert invoice.buyer["email"] == "carla@example.com"
    assert invoice.buyer["billing_address"] == order.shipping_address


def test_shipping_that_cost_nothing_is_no_line(issue_for: IssueFor) -> None:
    invoice = issue_for(("MUG", 10))

    assert [line["kind"] for line in invoice.lines] == ["item"]
    assert invoice.totals["total"] == "129.00"


def test_a_second_and_third_delivery_change_nothing_and_need_no_s3(
    place: PlaceOrder, confirm: Confirm, outage: Callable[[bool], None]
) -> None:
    event = confirm(place())
    deliver(event, "invoices")
    before = Invoice.objects.values().get()

    outage(True)
    deliver(event, "invoices")  # stopped by the inbox
    for _ in range(2):  # as after a crash between the handler's end and its receipt
        issue_documents(parse(to_wire(event)))  # type: ignore[arg-type]

    assert Invoice.objects.values().get() == before
    assert len(generated()) == 1
    assert NumberSeries.objects.get().last == 1


@real_commits
def test_an_outage_of_s3_loses_no_number(place: PlaceOrder, confirm: Confirm, outage: Callable[[bool], None]) -> None:
    first, second = confirm(place()), confirm(place())
    outage(True)
    with pytest.raises(EndpointConnectionError):
        deliver(first, "invoices")
    waiting = Invoice.objects.get()
    assert (waiting.sha256, waiting.stored_at, generated()) == ("", None, [])
    assert "EndpointConnectionError" in Inbox.objects.get(consumer="invoices").last_error

    outage(False)
    deliver(second, "invoices")
    deliver(first, "invoices")

    numbers = {str(row.order_id): row.sequence for row in Invoice.objects.exclude(stored_at=None)}
    assert numbers == {first.data["order_id"]: 1, second.data["order_id"]: 2}
    assert Invoice.objects.get(id=waiting.id).issued_at == waiting.issued_at
    assert len(generated()) == 2


@real_commits
def test_a_crash_after_storing_leaves_one_document_and_one_event(
    place: PlaceOrder, confirm: Confirm, settings: Settings
) -> None:
    event = confirm(place())
    routes = settings.EVENT_ROUTES
    settings.EVENT_ROUTES = {kind: route for kind, route in routes.items() if kind != "InvoiceGenerated"}
    with pytest.raises(RuntimeError):
        deliver(event, "invoices")  # the last transaction fails, with the PDF in the bucket
    invoice = Invoice.objects.get()
    assert invoice.stored_at is None

    settings.EVENT_ROUTES = routes
    deliver(event, "invoices")

    stored = Invoice.objects.get()
    assert stored.number == invoice.number
    assert len(generated()) == 1
    # The same bytes were rendered again: the bucket holds one document of this hash.
    assert objects_under(stored.key.rsplit("/", 1)[0]) == [stored.key]


def test_the_same_row_gives_the_same_bytes(issue_for: IssueFor) -> None:
    invoice = issue_for()

    again = documents.store(Invoice.objects.get())

    assert (again.sha256, again.key, again.size) == (invoice.sha256, invoice.key, invoice.size)


@real_commits
def test_numbers_have_no_gap_when_transactions_roll_back(place: PlaceOrder) -> None:
    orders = [place() for _ in range(20)]
    fate = random.Random(2)  # noqa: S311

    class Crash(Exception):
        pass

    def issue(order: Order, crashes: int) -> Callable[[], None]:
        def call() -> None:
            for left in range(crashes, -1, -1):
                try:
                    with transaction.atomic():
                        settle(order_id=order.id)
                        if left:
                            raise Crash
                except Crash:
                    continue

        return call

    at_once([issue(order, fate.choice([0, 0, 1, 2])) for order in orders])

    assert sorted(Invoice.objects.values_list("sequence", flat=True)) == list(range(1, 21))
    assert Invoice.objects.values("order").distinct().count() == 20


@real_commits
def test_one_order_has_one_invoice_however_many_issue_it_at_once(place: PlaceOrder) -> None:
    order = place()

    ids = at_once([lambda: settle(order_id=order.id)[0].id] * 8)

    assert set(ids) == {Invoice.objects.get().id}
    assert NumberSeries.objects.get().last == 1


@real_commits
def test_a_document_that_several_stored_at_once_is_told_of_once(place: PlaceOrder) -> None:
    invoice_id = settle(order_id=place().id)[0].id

    marked = at_once([lambda: mark_stored(invoice_id=invoice_id, key="k", sha256="0" * 64, size=1)] * 6)

    assert {row.stored_at for row in marked} == {Invoice.objects.get().stored_at}
    assert len(generated()) == 1


def test_each_year_counts_anew(place: PlaceOrder) -> None:
    last_year = timezone.localtime().year - 1
    NumberSeries.objects.create(series="INV", year=last_year, last=41)

    invoice = settle(order_id=place().id)[0]

    assert (invoice.year, invoice.sequence) == (last_year + 1, 1)
    assert NumberSeries.objects.get(year=last_year).last == 41


def test_an_order_that_does_not_exist_raises_and_takes_no_number(place: PlaceOrder, confirm: Confirm) -> None:
    event = confirm(place())
    deliver(event, "invoices")
    wire = (
        to_wire(event)
        .decode()
        .replace(event.data["order_id"], str(UUID(int=7)))
        .replace(str(event.id), str(UUID(int=8)))
    )

    with pytest.raises(Order.DoesNotExist):
        consume("invoices", wire)

    assert NumberSeries.objects.get().last == 1


def test_what_a_buyer_types_is_text_in_the_document(issue_for: IssueFor) -> None:
    invoice = issue_for(name='<b>Eve</b><img src="file:///etc/passwd">')

    text = document_of(invoice).pages[0].extract_text()

    assert '<b>Eve</b><img src="file:///etc/passwd">' in "".join(text.splitlines())
    assert invoice.number in text
    assert "Page 1 of 1" in text


def test_series_and_format_are_the_shops_choice(place: PlaceOrder, settings: Settings) -> None:
    settings.INVOICE_SERIES, settings.INVOICE_NUMBER_FORMAT = "RE", "{year}.{series}.{sequence:04}"

    invoice = settle(order_id=place().id)[0]

    assert invoice.number == f"{invoice.year}.RE.0001"
    assert (invoice.series, invoice.sequence) == ("RE", 1)
