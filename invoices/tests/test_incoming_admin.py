"""Suppliers' invoices in the admin: read and downloaded, which is kept on record, and never changed by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import requests
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from accounts.models import User
from invoices.models import IncomingDocument, SupplierInvoice
from invoices.tests.incoming import GOOD, asked, put, remove_files

pytestmark = pytest.mark.django_db
LIST, UPLOADS = "admin:invoices_supplierinvoice_changelist", "admin:invoices_incomingdocument_changelist"


@pytest.fixture(autouse=True)
def no_file_stays(db: None) -> Iterator[None]:
    yield
    remove_files()


@pytest.fixture
def desk(client: Client, staff: User) -> Client:
    client.force_login(staff, backend="accounts.backends.CognitoBackend")
    return client


def test_staff_find_a_suppliers_invoice_and_what_became_of_each_upload(desk: Client, staff: User) -> None:
    put(asked(staff), GOOD)
    put(asked(staff), GOOD | {"invoiceNumber": "RE-18", "quantity": -1, "customerName": "<b>Kiln</b>"})
    invoice, bad = SupplierInvoice.objects.get(), IncomingDocument.objects.get(state="INVOICE_REJECTED")

    listed = desk.get(reverse(LIST), {"q": "kiln"}).content.decode()
    shown = desk.get(reverse("admin:invoices_supplierinvoice_change", args=[invoice.id])).content.decode()
    uploads = desk.get(reverse(UPLOADS)).content.decode()
    rejected = desk.get(reverse("admin:invoices_incomingdocument_change", args=[bad.pk]))

    assert "RE-17" in listed and "€1,290.50<" in listed
    assert invoice.sha256 in shown
    assert "processed" in uploads and "rejected" in uploads
    assert "quantity: " in rejected.content.decode()


def test_who_downloads_a_document_is_kept_on_record(desk: Client, staff: User) -> None:
    put(asked(staff), GOOD)
    invoice = SupplierInvoice.objects.get()

    answer = desk.get(reverse("admin:invoices_supplierinvoice_download", args=[invoice.id]))

    assert answer.status_code == 302
    assert json.loads(requests.get(answer["Location"], timeout=10).content) == GOOD
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.get_change_message()) == (staff, str(invoice.id), "Downloaded.")


@pytest.mark.parametrize("page", ["invoices_supplierinvoice", "invoices_incomingdocument"])
def test_nobody_writes_one_by_hand(page: str, desk: Client, staff: User) -> None:
    put(asked(staff), GOOD)
    invoice = SupplierInvoice.objects.get()
    row = invoice.id if page == "invoices_supplierinvoice" else invoice.document_id

    assert desk.get(reverse(f"admin:{page}_add")).status_code == 403
    assert desk.post(reverse(f"admin:{page}_change", args=[row]), {"number": "X"}).status_code == 403
    assert desk.post(reverse(f"admin:{page}_delete", args=[row]), {"post": "yes"}).status_code == 403
    assert SupplierInvoice.objects.get().number == "RE-17"
