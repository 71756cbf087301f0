"""Invoices in the admin: to be read and downloaded, and nothing else."""

from __future__ import annotations

import hashlib

import pytest
import requests
from django.test import Client
from django.urls import reverse

from accounts.models import User
from invoices.issuing.services import settle
from invoices.models import Invoice
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
