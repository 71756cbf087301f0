"""What is kept of orders that were refused, and for how long."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from catalog.models import StockMovement, Variant
from events.models import Event, Inbox
from events.tests.delivering import deliver
from orders import tasks
from orders.models import Order, Refusal
from orders.tests.conftest import MakeVariant, body_for


def refused(guest: APIClient, body: dict[str, Any], request_id: str = "request-4711") -> Event:
    """The event of an order that was refused."""
    answer = guest.post("/orders", body | {"email": "g@example.com"}, headers={"X-Request-ID": request_id})
    assert answer.status_code in (404, 409), answer.content
    return Event.objects.get(type="OrderRejected", request_id=request_id)


def test_a_refused_order_is_kept_with_its_reason_and_request(guest: APIClient, mug: Variant) -> None:
    event = refused(guest, body_for(("mug", 11)))

    deliver(event, "refusals")

    refusal = Refusal.objects.get()
    assert (refusal.event_id, refusal.at) == (event.id, event.time)
    assert (refusal.code, refusal.request_id) == ("out_of_stock", "request-4711")
    assert "MUG" in refusal.reason
    assert refusal.items == [{"sku": "MUG", "quantity": 11, "available": 10}]
    assert refusal.skus == ["MUG"]


def test_a_refusal_that_comes_again_is_kept_once(guest: APIClient, mug: Variant) -> None:
    event = refused(guest, body_for(("NO-SUCH", 1)))

    for _ in range(3):
        deliver(event, "refusals")

    assert Refusal.objects.get().code == "product_not_found"
    assert Inbox.objects.get(consumer="refusals").done_at


@pytest.mark.django_db(transaction=True)
def test_it_is_kept_though_all_else_was_rolled_back(guest: APIClient, mug: Variant) -> None:
    event = refused(guest, body_for(("mug", 3), ("No-Such", 1)))
    deliver(event, "refusals")
    event = refused(guest, body_for(("mug", 3), expected_total="1.00"), "request-4712")
    deliver(event, "refusals")

    assert [(row.code, row.skus) for row in Refusal.objects.all()] == [
        ("price_changed", ["MUG"]),
        ("product_not_found", ["MUG", "NO-SUCH"]),
    ]
    assert not Order.objects.exists()
    assert not StockMovement.objects.filter(reason="order").exists()
    mug.refresh_from_db()
    assert mug.stock == 10


def test_a_sku_that_grows_in_capitals_is_kept_too(guest: APIClient, db: None) -> None:
    event = refused(guest, body_for(("ß" * 64, 1)))

    deliver(event, "refusals")

    assert Refusal.objects.get().skus == ["S" * 64]


def test_of_a_large_order_the_lines_that_ran_short_are_kept(guest: APIClient, make_variant: MakeVariant) -> None:
    make_variant("CUP", stock=1)
    for number in range(101):
        make_variant(f"MUG{number:03}")
    event = refused(guest, body_for(*((f"MUG{number:03}", 1) for number in range(101)), ("CUP", 2)))

    deliver(event, "refusals")

    items = Refusal.objects.get().items
    assert items[0] == {"sku": "CUP", "quantity": 2, "available": 1}
    assert len(items) == 100


def test_refusals_are_forgotten_after_ninety_days(guest: APIClient, mug: Variant) -> None:
    for number in (1, 2):
        deliver(refused(guest, body_for(("NO-SUCH", number)), f"request-{number}"), "refusals")
    Refusal.objects.filter(request_id="request-1").update(at=timezone.now() - timedelta(days=90, seconds=1))
    Refusal.objects.filter(request_id="request-2").update(at=timezone.now() - timedelta(days=89))

    tasks.forget_old_refusals()

    assert [row.request_id for row in Refusal.objects.all()] == ["request-2"]
    assert Event.objects.filter(type="OrderRejected").count() == 2
