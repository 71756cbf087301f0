"""Mails in the admin: read as the buyer sees them, without their markup having any power there."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from events.tests.delivering import deliver
from invoices.tests.conftest import IssueFor, PlaceOrder, the_event
from notifications.models import Mail
from notifications.tests.conftest import Post

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client, staff: User) -> Client:
    client.force_login(staff, backend="accounts.backends.CognitoBackend")
    return client


def test_staff_see_the_mail_in_a_sandbox(desk: Client, place: PlaceOrder, post: Post) -> None:
    order = place(email="gus@example.com", name="<script>alert(1)</script>")
    deliver(the_event("OrderCreated", order), "emails")
    mail = Mail.objects.get()

    listed = desk.get(reverse("admin:notifications_mail_changelist")).content.decode()
    shown = desk.get(reverse("admin:notifications_mail_change", args=[mail.id])).content.decode()

    assert mail.subject in listed
    assert '<iframe sandbox="" srcdoc="&lt;!doctype html&gt;' in shown
    assert "<script>alert(1)" not in shown
    assert "ses-1" in shown
    assert reverse("admin:orders_order_change", args=[order.id]) in shown


def test_the_confirmation_names_its_invoice(desk: Client, issue_for: IssueFor, post: Post) -> None:
    invoice = issue_for()
    deliver(the_event("InvoiceGenerated", invoice.order), "emails")

    shown = desk.get(reverse("admin:notifications_mail_change", args=[Mail.objects.get().id])).content.decode()

    assert reverse("admin:invoices_invoice_change", args=[invoice.id]) in shown


@pytest.mark.parametrize("key", ["not-an-id", "01a221e8-3173-717a-a424-408fdb83b0f7"])
def test_what_is_no_mail_is_not_sent_again(desk: Client, key: str) -> None:
    address = reverse("admin:notifications_mail_send_again", args=[key])

    assert desk.get(address).status_code == 200  # the dialog, empty
    assert desk.post(address, {"_form_submitted": "True", "to": "gus@example.com"}).status_code == 404


def test_nobody_writes_changes_or_deletes_one_there(desk: Client, place: PlaceOrder, post: Post) -> None:
    deliver(the_event("OrderCreated", place()), "emails")
    mail = Mail.objects.get()

    assert desk.get(reverse("admin:notifications_mail_add")).status_code == 403
    assert desk.post(reverse("admin:notifications_mail_change", args=[mail.id]), {"to": "x@y.z"}).status_code == 403
    assert desk.post(reverse("admin:notifications_mail_delete", args=[mail.id]), {"post": "yes"}).status_code == 403
    assert Mail.objects.get().to == mail.to
