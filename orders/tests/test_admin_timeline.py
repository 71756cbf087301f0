"""The timeline of an order's page: all that happened, newest first, by a number of queries that does not grow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Variant
from catalog.tests.staff_browser import Browser, text_of
from events.models import Event, Inbox
from orders.models import Note, Order
from orders.tests.at_the_desk import page_of, say
from orders.tests.conftest import body_for
from orders.tests.ways import call, go
from orders.timeline import LIMIT

ClientOf = Callable[[User], APIClient]


@pytest.fixture
def browser(staff: User) -> Browser:
    return Browser(staff)


@pytest.fixture
def order(guest: APIClient, mug: Variant, make_variant: Callable[..., Variant]) -> Order:
    make_variant("SPOON")
    placed = guest.post("/orders", body_for(("MUG", 3), ("SPOON", 1), email="gina@example.com")).json()
    return Order.objects.get(id=placed["id"])


def entries(browser: Browser, order: Order) -> list[Any]:
    page = browser.get(page_of(order))
    return list(page.context["page"].timeline.entries)


def test_it_tells_who_did_what_and_why(browser: Browser, order: Order, staff: User, client_of: ClientOf) -> None:
    client = client_of(staff)
    go(client, str(order.pk), ["confirm"])
    say(browser, order, "note", text="Rang twice")
    call(client, str(order.pk), "ship", items=[{"sku": "MUG", "quantity": 2}])
    call(client, str(order.pk), "refund", amount="5.00", reason="A chip", restock=[{"sku": "MUG", "quantity": 1}])

    told = [(one.kind, one.title, one.text, one.by) for one in entries(browser, order) if one.kind != "event"]

    assert set(told[:2]) == {
        ("refund", "Refund of 5.00 EUR", "A chip · back in stock: 1 × MUG", staff.email),
        ("stock", "Returned to stock", "1 × MUG", staff.email),
    }
    assert told[2:5] == [
        ("parcel", "Parcel by DHL", "2 × MUG", staff.email),
        ("note", "Internal note", "Rang twice", staff.email),
        ("status", "Confirmed", "", staff.email),
    ]
    assert set(told[5:]) == {
        ("stock", "Taken from stock", "3 × MUG, 1 × SPOON", "gina@example.com"),
        ("status", "Placed", "", "gina@example.com"),
    }


def test_the_newest_is_the_first(browser: Browser, order: Order, staff: User, client_of: ClientOf) -> None:
    go(client_of(staff), str(order.pk), ["confirm", "ship", "deliver"])

    times = [one.at for one in entries(browser, order)]

    assert times == sorted(times, reverse=True)


def test_a_cancel_tells_its_reason_and_what_came_back(
    browser: Browser, order: Order, staff: User, client_of: ClientOf
) -> None:
    go(client_of(staff), str(order.pk), ["cancel"])

    told = [(one.title, one.text) for one in entries(browser, order)]

    assert ("Cancelled", "Changed my mind.") in told
    assert ("Put back into stock", "3 × MUG, 1 × SPOON") in told


def test_an_event_tells_how_far_it_has_come(browser: Browser, order: Order) -> None:
    event = Event.objects.get(type="OrderCreated")

    def told() -> Any:
        return next(one for one in entries(browser, order) if one.kind == "event")

    assert (told().text, told().mark) == ("waits to be published · emails not yet", "wait")
    assert told().link == f"/admin/events/event/{event.pk}/change/"

    Event.objects.update(last_error="SNS is away", attempts=3)
    assert (told().text, told().mark) == ("not published: SNS is away · emails not yet", "bad")

    Event.objects.update(published_at=timezone.now(), last_error="")
    receipt = Inbox.objects.create(
        consumer="emails", event_id=event.pk, event_type=event.type, last_error="SES is away"
    )
    assert (told().text, told().mark) == ("published · emails failed", "bad")

    Inbox.objects.filter(pk=receipt.pk).update(done_at=timezone.now())
    assert (told().text, told().mark) == ("published · emails done", "")


def test_a_page_has_at_most_the_newest_two_hundred(browser: Browser, order: Order) -> None:
    old = timezone.now() - timedelta(days=3)
    Order.objects.filter(pk=order.pk).update(created_at=old)
    Note.objects.bulk_create(Note(order=order, text=f"note {n}", by="x", at=timezone.now()) for n in range(LIMIT + 5))

    page = browser.get(page_of(order))

    assert len(page.context["page"].timeline.entries) == LIMIT
    assert f"note {LIMIT + 4}" in text_of(page)
    assert "These are the newest 200" in text_of(page)


def test_it_asks_as_often_however_much_has_happened(
    browser: Browser, order: Order, staff: User, client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    client = client_of(staff)
    go(client, str(order.pk), ["confirm"])

    def some_more() -> None:
        call(client, str(order.pk), "ship", items=[{"sku": "MUG", "quantity": 1}])
        call(client, str(order.pk), "refund", amount="1.00", restock=[{"sku": "MUG", "quantity": 1}])
        say(browser, order, "note", text="and so on")

    def asked() -> int:
        with django_assert_max_num_queries(60) as queries:
            assert browser.get(page_of(order)).status_code == 200
        return len(queries.captured_queries)

    some_more()
    asked()
    before = asked()
    some_more()
    assert asked() == before
