"""An order's page tells of its invoice and its mails, which lie in higher layers than orders do."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from catalog.tests.staff_browser import Browser
from events.tests.delivering import deliver
from invoices.models import Invoice
from invoices.tests.conftest import IssueFor, PlaceOrder, the_event
from notifications.models import Mail
from notifications.tests.conftest import Post
from orders.models import Order

pytestmark = pytest.mark.django_db


def told(staff: User, order: Order, kind: str) -> list[Any]:
    page = Browser(staff).get(f"/admin/orders/order/{order.pk}/change/")
    return [one for one in page.context["page"].timeline.entries if one.kind == kind]


def test_an_invoice_leads_to_its_page_and_its_pdf(issue_for: IssueFor, staff: User) -> None:
    invoice = issue_for()

    (entry,) = told(staff, invoice.order, "invoice")

    assert entry.title == f"Invoice {invoice.number}"
    assert entry.link == f"/admin/invoices/invoice/{invoice.pk}/change/"
    assert entry.links == (("PDF", f"/admin/invoices/invoice/{invoice.pk}/download/"),)
    assert Invoice.objects.count() == 1


def test_a_mail_tells_whether_it_was_sent(place: PlaceOrder, post: Post, staff: User) -> None:
    order = place(("MUG", 1))
    deliver(the_event("OrderCreated", order), "emails")
    mail = Mail.objects.get()

    (entry,) = told(staff, order, "mail")
    assert (entry.title, entry.text) == (f"Mail “We have your order {order.number}”", "to carla@example.com · sent")
    assert entry.link == f"/admin/notifications/mail/{mail.pk}/change/"

    Mail.objects.update(status="failed", last_error="MessageRejected")
    (entry,) = told(staff, order, "mail")
    assert (entry.text, entry.mark) == ("to carla@example.com · failed: MessageRejected", "bad")
