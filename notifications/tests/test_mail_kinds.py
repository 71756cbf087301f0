"""Which mail follows what happens to an order or an account, and what it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.events import CustomerRegistered
from accounts.models import User
from events.models import Event
from events.outbox import record
from events.tests.delivering import deliver
from invoices.models import Invoice
from invoices.tests.conftest import IssueFor, the_event
from notifications.models import Mail
from notifications.tests.conftest import Post
from notifications.tests.reading import bodies
from orders.models import Carrier, Order

pytestmark = pytest.mark.django_db
Move = Callable[..., Order]


@pytest.fixture
def move(staff: User, client_of: Callable[[User], APIClient]) -> Move:
    """Has staff move an order on: `move(order, "ship", carrier="DHL", tracking_number="1")`."""

    def make(order: Order, step: str, **facts: Any) -> Order:
        answer = client_of(staff).post(f"/orders/{order.id}/{step}", facts)
        assert answer.status_code == 200, answer.content
        return order

    return make


def parcels(order: Order) -> list[Event]:
    return list(Event.objects.filter(type="OrderShipped", data__order_id=str(order.id)).order_by("id"))


def test_a_parcel_is_told_with_what_is_in_it_and_where_to_follow_it(
    issue_for: IssueFor, move: Move, post: Post
) -> None:
    Carrier.objects.create(name="Paketdienst", tracking_url="https://track.example.com/{tracking_number}?a=1&b=2")
    order = issue_for(("MUG", 2)).order
    move(order, "ship", carrier="Paketdienst", tracking_number="00 34/5")

    deliver(the_event("OrderShipped", order), "emails")

    assert str(post.only["Subject"]) == f"Your order {order.number} is on its way"
    text, html = bodies(post.only)
    for expected in ("Paketdienst", "00 34/5", "Stoneware mug", "Hello Carla Customer,"):
        assert expected in text
        assert expected in html
    assert "https://track.example.com/00%2034%2F5?a=1&b=2" in text
    assert 'href="https://track.example.com/00%2034%2F5?a=1&amp;b=2"' in html
    row = Mail.objects.get()
    assert (row.kind, row.order_id, row.status) == ("order_shipped", order.id, "sent")


def test_each_parcel_has_a_mail_that_names_its_own_units(issue_for: IssueFor, move: Move, post: Post) -> None:
    order = issue_for(("MUG", 5), ("BOOK", 1)).order
    move(order, "ship", carrier="DHL", tracking_number="A1", items=[{"sku": "MUG", "quantity": 2}])
    move(order, "ship", carrier="DHL", tracking_number="B2")

    for event in parcels(order):
        deliver(event, "emails")

    first, second = post.mails
    assert str(first["Subject"]) == f"A part of your order {order.number} is on its way"
    assert str(second["Subject"]) == f"Your order {order.number} is on its way"
    text, html = bodies(first)
    assert "2 x Stoneware mug (MUG)" in text
    assert "Harbour tales" not in text + html
    assert "the rest follows" in text
    text, _ = bodies(second)
    assert "3 x Stoneware mug (MUG)" in text
    assert "1 x Harbour tales (BOOK)" in text
    assert "A1" not in text


def test_a_parcel_that_nobody_can_follow_has_no_link(issue_for: IssueFor, move: Move, post: Post) -> None:
    order = issue_for(("MUG", 1)).order
    move(order, "ship", carrier="Our own van", tracking_number="7")

    deliver(the_event("OrderShipped", order), "emails")

    text, html = bodies(post.only)
    assert "Our own van" in text
    assert "<a href" not in html
    assert "http" not in text


def test_a_tracking_number_is_text_and_no_markup(issue_for: IssueFor, move: Move, post: Post) -> None:
    order = issue_for(("MUG", 1)).order
    move(order, "ship", carrier="<b>DHL</b>", tracking_number='"><script>')

    deliver(the_event("OrderShipped", order), "emails")

    text, html = bodies(post.only)
    assert "<b>DHL</b>" in text
    assert "&lt;b&gt;DHL&lt;/b&gt;" in html
    assert "<script" not in html


def test_an_order_that_arrived_is_told(issue_for: IssueFor, move: Move, post: Post) -> None:
    order = issue_for(("MUG", 2)).order
    move(order, "ship", carrier="DHL", tracking_number="A1")
    move(order, "deliver")

    deliver(the_event("OrderDelivered", order), "emails")

    assert str(post.only["Subject"]) == f"Your order {order.number} has arrived"
    assert Mail.objects.get().kind == "order_delivered"
    text, _ = bodies(post.only)
    assert "2 x Stoneware mug (MUG)" in text


def credited(order: Order, event_type: str) -> Event:
    """Has the credit note of the order's latest such event issued, and returns the event that tells of it."""
    deliver(Event.objects.filter(type=event_type, data__order_id=str(order.id)).latest("id"), "invoices")
    return Event.objects.filter(type="InvoiceGenerated", data__order_id=str(order.id)).latest("id")


def test_each_refund_is_told_with_its_credit_note(issue_for: IssueFor, move: Move, post: Post) -> None:
    order = issue_for(("MUG", 2)).order  # 25.80 and 4.90 for shipping
    move(order, "refund", amount="10.00", reason="A <chipped> mug")
    deliver(credited(order, "OrderRefunded"), "emails")
    move(order, "refund", reason="The other one, too")
    deliver(credited(order, "OrderRefunded"), "emails")

    first, second = post.mails
    note, last = Invoice.objects.filter(kind="credit_note").order_by("sequence")
    assert str(first["Subject"]) == f"Your refund of €10.00 for order {order.number}"
    text, html = bodies(first)
    assert "A <chipped> mug" in text
    assert "A &lt;chipped&gt; mug" in html
    for expected in (note.number, "€10.00", "Refunded in all"):
        assert expected in text
        assert expected in html
    (pdf,) = first.iter_attachments()
    assert pdf.get_filename() == f"{note.number}.pdf"
    assert str(second["Subject"]) == f"Your refund of €20.70 for order {order.number}"
    assert "Refunded in all: €30.70" in bodies(second)[0]
    assert [part.get_filename() for part in second.iter_attachments()] == [f"{last.number}.pdf"]
    assert set(Mail.objects.values_list("kind", "status")) == {("order_refunded", "sent")}


def test_an_order_cancelled_after_its_invoice_brings_a_credit_note(issue_for: IssueFor, move: Move, post: Post) -> None:
    invoice = issue_for(("MUG", 2))
    move(invoice.order, "cancel", reason="The kiln is broken")
    told = credited(invoice.order, "OrderCancelled")

    deliver(the_event("OrderCancelled", invoice.order), "emails")
    deliver(told, "emails")

    cancelled, credit = post.mails
    note = Invoice.objects.get(kind="credit_note")
    assert not list(cancelled.iter_attachments())
    assert str(credit["Subject"]) == f"Credit note {note.number} for your order {invoice.order_number}"
    text, _ = bodies(credit)
    assert f"takes back what was left of your invoice {invoice.number}" in text
    assert [part.get_filename() for part in credit.iter_attachments()] == [f"{note.number}.pdf"]


def test_whoever_signs_up_is_welcomed_once(customer: User, post: Post) -> None:
    event = record(CustomerRegistered(customer_id=str(customer.id), language="en"))

    deliver(event, "emails")
    deliver(event, "emails")

    assert post.recipients == [["carla@example.com"]]
    assert str(post.only["Subject"]) == "Welcome to Harbour & Hearth"
    text, html = bodies(post.only)
    assert "carla@example.com" in text
    assert "Welcome to Harbour &amp; Hearth" in html
    row = Mail.objects.get()
    assert (row.kind, row.order_id, row.to_name) == ("welcome", None, "Carla Customer")


def test_an_account_that_is_gone_meanwhile_is_not_welcomed(customer: User, post: Post) -> None:
    event = record(CustomerRegistered(customer_id=str(customer.id), language="en"))
    customer.delete()

    deliver(event, "emails")

    assert (post.asked, Mail.objects.count()) == (0, 0)
