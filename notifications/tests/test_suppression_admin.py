"""A bounce is seen where staff work: on the mail, on the order, on the list, from which they may take an address."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry

from accounts.models import User
from catalog.tests.staff_browser import Browser
from events.tests.delivering import deliver
from invoices.tests.conftest import PlaceOrder, the_event
from notifications.models import Mail, Suppression
from notifications.tests.conftest import Post
from notifications.tests.feedback import bounce, delivery, hear

pytestmark = pytest.mark.django_db


@pytest.fixture
def bounced(place: PlaceOrder, post: Post) -> Mail:
    order = place(("MUG", 1), email="gus@example.com")
    deliver(the_event("OrderCreated", order), "emails")
    hear(bounce(Mail.objects.get()))
    return Mail.objects.get()


def lift_page(row: Suppression) -> str:
    return f"/admin/notifications/suppression/{row.pk}/lift/"


def test_the_orders_page_says_that_its_buyer_is_not_written_to(bounced: Mail, staff: User) -> None:
    page = Browser(staff).get(f"/admin/orders/order/{bounced.order_id}/change/")

    (caution,) = page.context["page"].cautions
    assert caution.text.startswith("gus@example.com is not written to since")
    assert caution.link == f"/admin/notifications/suppression/{Suppression.objects.get().pk}/change/"
    assert caution.text in page.content.decode()
    (entry,) = [one for one in page.context["page"].timeline.entries if one.kind == "mail"]
    assert (entry.mark, entry.text) == (
        "bad",
        "to gus@example.com · bounced: Permanent bounce (General): smtp; 550 5.1.1 user unknown",
    )


def test_a_mail_that_arrived_warns_of_nothing(place: PlaceOrder, post: Post, staff: User) -> None:
    order = place(("MUG", 1), email="gus@example.com")
    deliver(the_event("OrderCreated", order), "emails")
    hear(delivery(Mail.objects.get()))

    page = Browser(staff).get(f"/admin/orders/order/{order.pk}/change/").context["page"]

    assert page.cautions == []
    (entry,) = [one for one in page.timeline.entries if one.kind == "mail"]
    assert (entry.mark, entry.text) == ("", "to gus@example.com · delivered")


def test_the_mails_page_says_what_the_other_side_said(bounced: Mail, staff: User) -> None:
    page = Browser(staff).get(f"/admin/notifications/mail/{bounced.pk}/change/").content.decode()

    assert "bounced" in page
    assert "550 5.1.1 user unknown" in page


def test_staff_take_an_address_off_the_list_and_it_is_kept_who_did(bounced: Mail, staff: User) -> None:
    row, browser = Suppression.objects.get(), Browser(staff)
    assert "gus@example.com" in browser.get("/admin/notifications/suppression/?listed=yes").content.decode()

    answer = browser.post(lift_page(row), {"_form_submitted": "True"})

    assert answer.status_code == 200
    row.refresh_from_db()
    assert (row.is_active, row.lifted_by) == (False, "stella@example.com")
    assert LogEntry.objects.get().change_message == "Taken off the list."
    assert browser.get(f"/admin/orders/order/{bounced.order_id}/change/").context["page"].cautions == []
    assert "gus@example.com" not in browser.get("/admin/notifications/suppression/?listed=yes").content.decode()


def test_to_look_at_the_question_takes_nothing_off(bounced: Mail, staff: User) -> None:
    row = Suppression.objects.get()

    page = Browser(staff).get(lift_page(row))

    assert "Only if the reason is gone" in page.content.decode()
    assert Suppression.objects.get() == row
    assert Suppression.objects.get().is_active


def test_nobody_writes_or_deletes_a_line_of_the_list(bounced: Mail, staff: User) -> None:
    browser, row = Browser(staff), Suppression.objects.get()

    assert browser.get("/admin/notifications/suppression/add/").status_code == 403
    assert browser.post(f"/admin/notifications/suppression/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Suppression.objects.count() == 1
