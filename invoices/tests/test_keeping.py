"""Documents in the bucket: checked when they are read, brought back when they are lost, and who got to them."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from invoices import documents
from invoices.errors import DocumentDamaged, DocumentLost
from invoices.issuing.services import settle
from invoices.keeping.services import mark_stored
from invoices.models import HandOut, Invoice
from invoices.tasks import forget_old_hand_outs
from invoices.tests.conftest import IssueFor, PlaceOrder
from orders.tracking import token_fields
from storage import bucket

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], APIClient]


@pytest.fixture
def another(place: PlaceOrder) -> Invoice:
    """A document whose stored PDF was made by something else, which this shop renders differently."""
    invoice = settle(order_id=place().id)[0]
    bucket.store("invoices/another.pdf", b"%PDF-1.4 of another version", content_type="application/pdf")
    return mark_stored(invoice_id=invoice.id, key="invoices/another.pdf", sha256="0" * 64, size=27)


def test_a_lost_one_is_rendered_again_to_the_same_bytes(issue_for: IssueFor) -> None:
    invoice = issue_for()
    before = documents.read(invoice)
    bucket.delete([invoice.key])

    assert documents.read(invoice) == before
    assert bucket.read(invoice.key) == before


def test_a_lost_one_that_would_be_another_is_not_replaced(another: Invoice) -> None:
    bucket.delete([another.key])

    with pytest.raises(DocumentLost, match=f"{another.number}.*not the same"):
        documents.read(another)

    with pytest.raises(FileNotFoundError):
        bucket.size(another.key)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4 something else"])
def test_one_that_was_changed_is_refused_and_left_as_it_is(content: bytes, issue_for: IssueFor) -> None:
    invoice = issue_for()
    bucket.store(invoice.key, content, content_type="application/pdf")

    with pytest.raises(DocumentDamaged, match=invoice.number):
        documents.read(invoice)

    assert bucket.read(invoice.key) == content


def checked(*options: str) -> tuple[str, str]:
    said, complained = io.StringIO(), io.StringIO()
    call_command("check_documents", *options, stdout=said, stderr=complained)
    return said.getvalue(), complained.getvalue()


def test_the_check_brings_back_what_is_lost(issue_for: IssueFor) -> None:
    whole, lost = issue_for(), issue_for()
    bucket.delete([lost.key])

    said, complained = checked("--read")

    assert said == "1 whole, 1 restored, 0 wrong.\n"
    assert f"{lost.number}: it was lost, and is back" in complained
    assert checked("--read") == ("2 whole, 0 restored, 0 wrong.\n", "")
    assert bucket.size(whole.key) == whole.size


def test_the_check_fails_for_what_it_cannot_bring_back(another: Invoice) -> None:
    with pytest.raises(CommandError, match="0 whole, 0 restored, 1 wrong"):
        checked("--read")

    bucket.delete([another.key])
    with pytest.raises(CommandError, match="0 whole, 0 restored, 1 wrong"):
        checked()


def test_each_hand_out_of_an_address_is_on_record(
    issue_for: IssueFor, client_of: ClientOf, customer: User, staff: User, guest: APIClient
) -> None:
    invoice, guests = issue_for(), issue_for(email="gus@example.com")
    token = token_fields(guests.order)["tracking_token"]

    client_of(customer).get("/invoice-url", {"invoice_id": str(invoice.id)})
    client_of(staff).get("/invoice-url", {"order_id": str(invoice.order_id)})
    guest.get("/invoice-url", {"invoice_id": str(guests.id), "tracking_token": token})
    guest.get("/invoice-url", {"invoice_id": str(guests.id), "tracking_token": "made-up"})

    assert list(HandOut.objects.order_by("id").values_list("invoice", "by", "way")) == [
        (invoice.id, customer.id, "account"),
        (invoice.id, staff.id, "account"),
        (guests.id, None, "tracking_token"),
    ]


def test_the_record_is_kept_as_long_as_the_setting_says(
    issue_for: IssueFor, client_of: ClientOf, customer: User, settings: Settings
) -> None:
    invoice = issue_for()
    for _ in range(2):
        client_of(customer).get("/invoice-url", {"invoice_id": str(invoice.id)})
    old, new = HandOut.objects.order_by("id")
    HandOut.objects.filter(id=old.id).update(at=timezone.now() - timedelta(days=31))
    settings.INVOICE_ACCESS_LOG_DAYS = 30

    forget_old_hand_outs()

    assert list(HandOut.objects.all()) == [new]
