"""Invoices in the admin: read, downloaded, mailed again, voided, saved by the month; never changed by hand."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile

import pytest
import requests
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from events.models import Event
from events.tests.delivering import deliver
from invoices.issuing.services import settle
from invoices.models import HandOut, Invoice
from invoices.tests.conftest import IssueFor, PlaceOrder

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client, staff: User) -> Client:
    """A browser in which a staff member is signed in to the admin."""
    client.force_login(staff, backend="accounts.backends.CognitoBackend")
    return client


def test_staff_read_an_invoice_with_its_buyer_escaped(desk: Client, issue_for: IssueFor) -> None:
    invoice = issue_for(name="<script>alert(1)</script>")

    listed = desk.get(reverse("admin:invoices_invoice_changelist")).content.decode()
    shown = desk.get(reverse("admin:invoices_invoice_change", args=[invoice.id])).content.decode()

    assert invoice.number in listed
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<script>alert(1)" not in shown
    assert invoice.sha256 in shown
    assert "Stoneware mug" in shown


def test_staff_download_the_pdf(desk: Client, issue_for: IssueFor) -> None:
    invoice = issue_for()

    answer = desk.get(reverse("admin:invoices_invoice_download", args=[invoice.id]))

    assert answer.status_code == 302
    assert hashlib.sha256(requests.get(answer["Location"], timeout=10).content).hexdigest() == invoice.sha256


def test_a_pdf_that_is_not_stored_yet_is_said_to_be_so(desk: Client, place: PlaceOrder) -> None:
    invoice = settle(order_id=place().id)[0]

    answer = desk.get(reverse("admin:invoices_invoice_download", args=[invoice.id]), follow=True)

    assert f"The PDF of {invoice.number} is not stored yet." in answer.content.decode()


@pytest.mark.parametrize("key", ["not-an-id", "01a221e8-3173-717a-a424-408fdb83b0f7"])
def test_an_address_of_no_invoice_is_said_to_be_so(desk: Client, key: str) -> None:
    shown = desk.get(reverse("admin:invoices_invoice_change", args=[key]), follow=True)

    assert f"“{key}” doesn’t exist" in shown.content.decode()
    for page in ("invoice_download", "supplierinvoice_download"):
        assert desk.get(reverse(f"admin:invoices_{page}", args=[key])).status_code == 404
    for move in ("mail_again", "void"):
        form = {"_form_submitted": "True", "reason": "A slip"}
        assert desk.post(reverse(f"admin:invoices_invoice_{move}", args=[key]), form).status_code == 404


def test_nobody_adds_changes_or_deletes_one_there(desk: Client, issue_for: IssueFor) -> None:
    invoice = issue_for()
    before = Invoice.objects.values().get()

    assert desk.get(reverse("admin:invoices_invoice_add")).status_code == 403
    assert desk.post(reverse("admin:invoices_invoice_change", args=[invoice.id]), {"number": "X"}).status_code == 403
    assert desk.post(reverse("admin:invoices_invoice_delete", args=[invoice.id]), {"post": "yes"}).status_code == 403
    assert Invoice.objects.values().get() == before


def test_customers_have_no_way_to_the_download(client: Client, customer: User, issue_for: IssueFor) -> None:
    invoice = issue_for()
    client.force_login(customer, backend="accounts.backends.CognitoBackend")

    answer = client.get(reverse("admin:invoices_invoice_download", args=[invoice.id]))

    assert (answer.status_code, "X-Amz-Signature" in answer["Location"]) == (302, False)


def say(desk: Client, invoice: Invoice, move: str, **fields: str) -> str:
    """Sends a button's dialog, and returns what the page that it leads to says."""
    path = reverse(f"admin:invoices_invoice_{move}", args=[invoice.id])
    answer = desk.post(path, {"_form_submitted": "True"} | fields)
    return desk.get(answer["HX-Redirect"]).content.decode() if answer.has_header("HX-Redirect") else ""


def test_a_download_is_on_record(desk: Client, staff: User, issue_for: IssueFor) -> None:
    invoice = issue_for()

    desk.get(reverse("admin:invoices_invoice_download", args=[invoice.id]))

    assert HandOut.objects.values_list("invoice", "by", "way").get() == (invoice.id, staff.id, "admin")
    assert invoice.number in desk.get(reverse("admin:invoices_handout_changelist")).content.decode()


def test_staff_have_it_mailed_again(desk: Client, issue_for: IssueFor) -> None:
    invoice = issue_for()

    page = say(desk, invoice, "mail_again")

    assert f"{invoice.number} is on its way." in page
    event = Event.objects.get(type="InvoiceMailRequested")
    assert event.data == {
        "invoice_id": str(invoice.id),
        "number": invoice.number,
        "order_id": str(invoice.order_id),
    }


def test_what_has_no_pdf_yet_is_not_mailed(desk: Client, place: PlaceOrder) -> None:
    invoice = settle(order_id=place().id)[0]

    assert "not stored yet" in say(desk, invoice, "mail_again")
    assert not Event.objects.filter(type="InvoiceMailRequested").exists()


def test_staff_void_an_invoice_once_with_a_reason(desk: Client, issue_for: IssueFor) -> None:
    invoice = issue_for()

    assert say(desk, invoice, "void", reason="") == ""
    page = say(desk, invoice, "void", reason="Wrong address.")
    deliver(Event.objects.get(type="InvoiceVoided"), "invoices")

    note = Invoice.objects.get(kind="credit_note")
    assert f"{invoice.number} is voided by {note.number}." in page
    assert (note.corrects, note.reason, note.is_stored) == (invoice, "Wrong address.", True)
    assert note.totals == invoice.totals
    assert "nothing left of it" in say(desk, invoice, "void", reason="Again.")
    assert Invoice.objects.count() == 2


def test_only_an_invoice_can_be_voided(desk: Client, issue_for: IssueFor) -> None:
    invoice = issue_for()
    say(desk, invoice, "void", reason="Wrong address.")
    note = Invoice.objects.get(kind="credit_note")

    def shown(document: Invoice) -> str:
        return desk.get(reverse("admin:invoices_invoice_change", args=[document.id])).content.decode()

    assert "/void/" in shown(invoice)
    assert "/void/" not in shown(note)
    assert invoice.number in shown(note)


def test_the_accountant_has_a_months_documents_as_a_table(desk: Client, issue_for: IssueFor) -> None:
    invoice = issue_for(("MUG", 2), ("BOOK", 1), name="=cmd()")
    say(desk, invoice, "void", reason="Wrong address.")
    at = timezone.localtime(invoice.issued_at)

    answer = desk.get(reverse("admin:invoices_invoice_month", args=[at.year, at.month, "csv"]))

    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))
    assert [(row["number"][:3], row["tax_rate"], row["net"], row["tax"], row["total"]) for row in rows] == [
        ("INV", "19.00", "25.80", "4.90", "30.70"),
        ("INV", "7.00", "23.36", "1.63", "24.99"),
        ("CN-", "19.00", "-25.80", "-4.90", "-30.70"),
        ("CN-", "7.00", "-23.36", "-1.63", "-24.99"),
    ]
    assert {row["buyer"] for row in rows} == {"'=cmd()"}
    assert {row["corrects"] for row in rows} == {"", invoice.number}


def test_the_accountant_has_a_months_pdfs_and_is_told_of_those_that_are_missing(
    desk: Client, issue_for: IssueFor, place: PlaceOrder
) -> None:
    invoice, waiting = issue_for(), settle(order_id=place().id)[0]
    at = timezone.localtime(invoice.issued_at)

    answer = desk.get(reverse("admin:invoices_invoice_month", args=[at.year, at.month, "zip"]))

    with zipfile.ZipFile(io.BytesIO(answer.getvalue())) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [f"{invoice.number}.pdf", "MISSING.txt"]
        assert hashlib.sha256(archive.read(f"{invoice.number}.pdf")).hexdigest() == invoice.sha256
        assert archive.read("MISSING.txt").decode().startswith(f"{waiting.number}: its PDF is not stored")


def test_the_page_of_months_leads_to_them_and_to_no_other(desk: Client, issue_for: IssueFor) -> None:
    at = timezone.localtime(issue_for().issued_at)

    page = desk.get(reverse("admin:invoices_invoice_months")).content.decode()

    assert f"{at.year}-{at.month:02}" in page
    assert reverse("admin:invoices_invoice_month", args=[at.year, at.month, "zip"]) in page
    for wrong in ((at.year, 13, "zip"), (at.year, 0, "csv"), (at.year, 1, "exe")):
        assert desk.get(reverse("admin:invoices_invoice_month", args=wrong)).status_code == 404


def test_customers_have_no_way_to_the_months(client: Client, customer: User) -> None:
    client.force_login(customer, backend="accounts.backends.CognitoBackend")

    assert client.get(reverse("admin:invoices_invoice_month", args=[2026, 1, "csv"])).status_code == 302
