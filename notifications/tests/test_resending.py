"""Staff have a mail sent again, to the same address or to the right one: as it was, once, and it is kept who asked."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts.models import User
from catalog.tests.staff_browser import Browser
from events.models import Event
from events.tests.delivering import deliver
from invoices.tests.conftest import IssueFor, PlaceOrder, the_event
from notifications.models import Mail
from notifications.tests.conftest import Post
from notifications.tests.feedback import bounce, hear
from notifications.tests.reading import body

pytestmark = pytest.mark.django_db


def ask(staff: User, mail: Mail, to: str) -> str:
    """Asks for it in the admin; what the dialog says, empty where it was taken."""
    answer = Browser(staff).post(
        f"/admin/notifications/mail/{mail.pk}/send-again/", {"_form_submitted": "True", "to": to}
    )
    assert answer.status_code == 200
    return "" if "HX-Redirect" in answer.headers else answer.content.decode()


def send_all_requested() -> None:
    for event in Event.objects.filter(type="MailRequested"):
        deliver(event, "emails")


@pytest.fixture
def confirmation(issue_for: IssueFor, post: Post) -> Mail:
    invoice = issue_for(("MUG", 2))
    deliver(the_event("InvoiceGenerated", invoice.order), "emails")
    return Mail.objects.get()


def test_the_same_mail_goes_to_the_corrected_address(confirmation: Mail, staff: User, post: Post) -> None:
    assert ask(staff, confirmation, "carla.c@example.com") == ""
    send_all_requested()
    send_all_requested()  # once, however often the message comes

    first, again = post.mails
    assert post.recipients == [["carla@example.com"], ["carla.c@example.com"]]
    assert body(again, "html") == body(first, "html")
    assert again["Message-ID"] != first["Message-ID"]
    assert [part.get_filename() for part in again.iter_attachments()] == [
        part.get_filename() for part in first.iter_attachments()
    ]
    row = Mail.objects.get(resends=confirmation)
    assert (row.status, row.to, row.asked_by) == ("sent", "carla.c@example.com", "stella@example.com")
    assert (row.kind, row.order_id) == (confirmation.kind, confirmation.order_id)
    assert LogEntry.objects.get().change_message == "Sent again to carla.c@example.com."


def test_the_event_that_tells_of_it_holds_no_address(confirmation: Mail, staff: User) -> None:
    ask(staff, confirmation, "carla.c@example.com")

    event = Event.objects.get(type="MailRequested")
    assert event.data == {"mail_id": str(Mail.objects.get(resends=confirmation).id), "resends": str(confirmation.id)}


def test_a_failed_mail_goes_out_when_it_is_sent_again(place: PlaceOrder, staff: User, post: Post) -> None:
    post.refusal = "MessageRejected"
    deliver(the_event("OrderCreated", place(("MUG", 1))), "emails")
    failed = Mail.objects.get()
    assert failed.status == "failed"

    post.refusal = ""
    ask(staff, failed, failed.to)
    send_all_requested()

    assert Mail.objects.get(resends=failed).status == "sent"
    failed.refresh_from_db()
    assert failed.status == "failed"


def test_the_orders_timeline_says_who_asked(confirmation: Mail, staff: User) -> None:
    ask(staff, confirmation, confirmation.to)
    send_all_requested()

    page = Browser(staff).get(f"/admin/orders/order/{confirmation.order_id}/change/").context["page"]

    assert sorted(one.by for one in page.timeline.entries if one.kind == "mail") == ["", "stella@example.com"]


def test_what_cannot_be_sent_is_said_and_nothing_is_written(confirmation: Mail, staff: User) -> None:
    assert "valid email" in ask(staff, confirmation, "nobody")
    assert ask(staff, confirmation, "jörg@example.com") != ""
    hear(bounce(confirmation))
    assert "is not written to since" in ask(staff, confirmation, confirmation.to)
    Mail.objects.update(status="queued")
    assert "on its way already" in ask(staff, confirmation, "rita@example.com")
    Mail.objects.update(status="sent", text="")
    assert "was erased" in ask(staff, confirmation, "rita@example.com")

    assert Mail.objects.count() == 1
    assert not Event.objects.filter(type="MailRequested").exists()


def test_who_may_only_look_sends_nothing(confirmation: Mail, customer: User) -> None:
    nobody = Client()
    nobody.force_login(customer, backend="accounts.backends.CognitoBackend")

    answer = nobody.post(f"/admin/notifications/mail/{confirmation.pk}/send-again/", {"to": "eve@example.com"})

    assert answer.status_code in (302, 403)
    assert Mail.objects.count() == 1
