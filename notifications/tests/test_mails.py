"""The mails of an order: one per event, complete, and sent once for all that can be known."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from events import aws
from events.envelope import parse, to_wire
from events.models import Event
from events.tests.delivering import deliver
from invoices.errors import DocumentDamaged
from invoices.tests.conftest import Confirm, IssueFor, PlaceOrder, the_event
from notifications.handlers import document_issued, order_received
from notifications.models import Mail
from notifications.tests.conftest import Post
from notifications.tests.reading import body
from orders.models import Order
from storage import bucket

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], APIClient]


def created(order: Order) -> Event:
    return the_event("OrderCreated", order)


def test_an_order_is_acknowledged_in_html_and_text(place: PlaceOrder, post: Post) -> None:
    order = place(("MUG", 2), ("BOOK", 1))

    deliver(created(order), "emails")

    mail = post.only
    assert post.recipients == [["carla@example.com"]]
    assert str(mail["To"]) == "Carla Customer <carla@example.com>"
    assert str(mail["From"]) == settings.MAIL_FROM
    assert str(mail["Subject"]) == f"We have your order {order.number}"
    for kind in ("plain", "html"):
        text = body(mail, kind)
        for expected in ("Carla Customer", order.number, "Stoneware mug", "Harbour tales", "€25.80", "€55.69"):
            assert expected in text, (kind, expected)
    row = Mail.objects.get()
    assert (row.kind, row.status, row.ses_id, row.attempts) == ("order_received", "sent", "ses-1", 1)
    assert (row.order_id, row.order_number, row.event_id) == (order.id, order.number, created(order).id)
    assert row.sent_at is not None


def test_the_mail_of_an_order_with_net_prices_says_what_is_added_to_them(
    place: PlaceOrder, post: Post, settings: Settings
) -> None:
    settings.PRICES_INCLUDE_TAX = False

    deliver(created(place(("MUG", 2))), "emails")

    text = body(post.only, "html")
    for expected in ("2 × €12.90 + 19% tax", "€30.70", "€5.83", "€36.53", "includes €5.83 tax"):
        assert expected in text, expected


def test_the_headers_say_which_mail_of_which_event_it_is(place: PlaceOrder, post: Post) -> None:
    order = place()

    deliver(created(order), "emails")

    row, mail = Mail.objects.get(), post.only
    assert mail["X-Shop-Mail-Id"] == str(row.id)
    assert mail["Message-ID"] == f"<{row.id}@example.com>"
    assert (mail["X-Shop-Event"], mail["X-Shop-Order"]) == ("OrderCreated", order.number)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] is None


def test_the_confirmation_brings_the_invoice(issue_for: IssueFor, post: Post) -> None:
    invoice = issue_for()

    deliver(the_event("InvoiceGenerated", invoice.order), "emails")

    mail = post.only
    assert str(mail["Subject"]) == f"Your order {invoice.order_number} is confirmed"
    assert mail["X-Shop-Event"] == "InvoiceGenerated"
    assert invoice.number in body(mail, "html")
    assert invoice.number in body(mail, "plain")
    (pdf,) = mail.iter_attachments()
    assert (pdf.get_content_type(), pdf.get_filename()) == ("application/pdf", f"{invoice.number}.pdf")
    content: Any = pdf.get_content()
    assert hashlib.sha256(content).hexdigest() == invoice.sha256


def test_a_pdf_that_is_not_the_one_that_was_stored_is_not_sent(issue_for: IssueFor, post: Post) -> None:
    invoice = issue_for()
    bucket.store(invoice.key, b"%PDF-1.7 something else", content_type="application/pdf")

    with pytest.raises(DocumentDamaged):
        deliver(the_event("InvoiceGenerated", invoice.order), "emails")

    row = Mail.objects.get()
    assert (post.asked, row.status) == (0, "queued")
    assert invoice.number in row.last_error


def test_a_cancelled_order_says_why(place: PlaceOrder, post: Post, client_of: ClientOf, customer: User) -> None:
    order = place()
    client_of(customer).post(f"/orders/{order.id}/cancel", {"reason": "Two mugs <too> many"})

    deliver(the_event("OrderCancelled", order), "emails")

    assert str(post.only["Subject"]) == f"Your order {order.number} is cancelled"
    assert "Two mugs &lt;too&gt; many" in body(post.only, "html")
    assert "Two mugs <too> many" in body(post.only, "plain")


def test_a_second_and_third_delivery_send_nothing(place: PlaceOrder, post: Post) -> None:
    event = created(place())
    deliver(event, "emails")

    deliver(event, "emails")  # stopped by the inbox
    order_received(parse(to_wire(event)))  # as after a crash before the receipt

    assert (post.asked, Mail.objects.count()) == (1, 1)


@pytest.mark.parametrize("code", ["Throttling", "AccountSendingPausedException", "ServiceUnavailable"])
def test_what_may_pass_is_tried_again_with_the_very_same_mail(code: str, place: PlaceOrder, post: Post) -> None:
    event = created(place())
    post.refusal = code
    with pytest.raises(ClientError):
        deliver(event, "emails")
    written = Mail.objects.get()
    assert (written.status, written.attempts) == ("queued", 1)
    assert code in written.last_error

    Order.objects.update(note="changed meanwhile", email="moved@example.com")
    post.refusal = ""
    deliver(event, "emails")

    row = Mail.objects.get()
    assert (row.id, row.status, row.attempts, row.last_error) == (written.id, "sent", 2, "")
    assert (row.html, row.text, row.to) == (written.html, written.text, "carla@example.com")
    assert post.only["Message-ID"] == f"<{written.id}@example.com>"


def test_a_sender_that_ses_does_not_know_yet_costs_no_mail(place: PlaceOrder, post: Post) -> None:
    event = created(place())
    post.refusal, post.because = "MessageRejected", "Email address is not verified. shop@example.com"
    with pytest.raises(ClientError):
        deliver(event, "emails")
    assert Mail.objects.get().status == "queued"

    post.refusal = ""
    deliver(event, "emails")

    assert Mail.objects.get().status == "sent"


def test_a_wrong_sender_in_the_settings_costs_no_mail(place: PlaceOrder, post: Post, settings: Settings) -> None:
    event = created(place())
    right, settings.MAIL_FROM = settings.MAIL_FROM, "The shop"
    with pytest.raises(ImproperlyConfigured, match="MAIL_FROM"):
        deliver(event, "emails")

    settings.MAIL_FROM = right
    deliver(event, "emails")

    assert Mail.objects.get().status == "sent"


def test_a_mail_that_goes_twice_is_the_same_to_the_byte(issue_for: IssueFor, post: Post) -> None:
    event = the_event("InvoiceGenerated", issue_for().order)
    deliver(event, "emails")
    Mail.objects.update(status="queued")  # as if the worker had died before it noted that SES took it
    event_again = Event.objects.get(id=event.id)
    document_issued(parse(to_wire(event_again)))

    assert len(post.raw) == 2
    assert post.raw[0] == post.raw[1]


@pytest.mark.parametrize("code", ["MessageRejected", "InvalidParameterValue"])
def test_what_can_never_work_is_noted_and_not_tried_again(code: str, place: PlaceOrder, post: Post) -> None:
    event = created(place())
    post.refusal = code

    deliver(event, "emails")

    row = Mail.objects.get()
    assert (row.status, row.attempts, row.sent_at) == ("failed", 1, None)
    assert code in row.last_error
    order_received(parse(to_wire(event)))
    assert post.asked == 1


def test_an_address_that_ses_cannot_take_fails_the_mail_alone(place: PlaceOrder, post: Post) -> None:
    order = place()
    Order.objects.update(email="jörg@example.com")

    deliver(created(order), "emails")

    row = Mail.objects.get()
    assert (row.status, post.asked) == ("failed", 0)
    assert "jörg@example.com" in row.last_error


def test_a_domain_beyond_ascii_is_written_as_dns_knows_it(place: PlaceOrder, post: Post) -> None:
    order = place()
    Order.objects.update(email="carla@bücher.example")

    deliver(created(order), "emails")

    assert post.recipients == [["carla@xn--bcher-kva.example"]]


def test_markup_in_a_name_is_text(place: PlaceOrder, post: Post) -> None:
    order = place(email="gus@example.com", name='<script>alert("x")</script> & Co')

    deliver(created(order), "emails")

    assert "<script" not in body(post.only, "html")
    assert "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; Co" in body(post.only, "html")
    assert '<script>alert("x")</script> & Co' in body(post.only, "plain")


@pytest.mark.parametrize("breaking", ["\r\n", "\n", "\r", "\x85", "\u2028", "\x0b"])
def test_no_name_can_add_a_header(breaking: str, place: PlaceOrder, customer: User, post: Post) -> None:
    customer.name = f"Carla{breaking}Bcc: eve@example.com{breaking}{breaking}<h1>Pay here"
    customer.save(update_fields=["name"])
    order = place()

    deliver(created(order), "emails")

    mail = post.only
    assert mail["Bcc"] is None
    assert [address.addr_spec for address in mail["To"].addresses] == ["carla@example.com"]
    assert mail["To"].addresses[0].display_name == "Carla Bcc: eve@example.com <h1>Pay here"
    assert post.recipients == [["carla@example.com"]]


def test_a_guest_is_addressed_by_the_name_of_the_delivery(place: PlaceOrder, post: Post) -> None:
    order = place(email="gus@example.com", name="Gus Guest")

    deliver(created(order), "emails")

    assert str(post.only["To"]) == "Gus Guest <gus@example.com>"
    assert "Guten Tag Gus Guest," in body(post.only, "plain")


def test_a_name_beyond_ascii_arrives_whole(place: PlaceOrder, post: Post) -> None:
    order = place(email="gus@example.com", name="Żółć Ünal 🦆")

    deliver(created(order), "emails")

    assert post.raw[0].isascii()
    assert post.only["To"].addresses[0].display_name == "Żółć Ünal 🦆"
    assert "Żółć Ünal 🦆" in body(post.only, "html")


def test_ses_itself_takes_the_mail_with_its_attachment(issue_for: IssueFor) -> None:
    invoice = issue_for()
    before = aws.client("ses").get_send_quota()["SentLast24Hours"]

    deliver(the_event("InvoiceGenerated", invoice.order), "emails")

    assert aws.client("ses").get_send_quota()["SentLast24Hours"] == before + 1
    assert Mail.objects.get().ses_id


def test_the_shops_name_is_on_every_mail(place: PlaceOrder, post: Post, settings: Settings) -> None:
    settings.SHOP_NAME = "Nord & Süd"

    deliver(created(place()), "emails")

    assert "Nord &amp; Süd" in body(post.only, "html")
    assert "Nord & Süd" in body(post.only, "plain")


def test_an_order_confirmed_twice_is_one_mail(place: PlaceOrder, confirm: Confirm, post: Post) -> None:
    order = place()
    event = confirm(order)
    deliver(event, "invoices")
    deliver(event, "invoices")

    deliver(the_event("InvoiceGenerated", order), "emails")

    assert len(post.raw) == 1
