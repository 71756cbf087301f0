"""The staff page of refusals: what was wanted, what was there, and how it is found."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Variant
from catalog.tests.staff_browser import Browser, text_of
from events.models import Event
from events.tests.delivering import deliver
from orders.models import Refusal
from orders.tests.conftest import MakeVariant, body_for

LIST = "/admin/orders/refusal/"


@pytest.fixture
def browser(staff: User) -> Browser:
    return Browser(staff)


def refuse(guest: APIClient, request_id: str, *items: tuple[str, int], **changes: Any) -> Refusal:
    body = body_for(*items, email="g@example.com", **changes)
    assert guest.post("/orders", body, headers={"X-Request-ID": request_id}).status_code in (404, 409)
    deliver(Event.objects.get(type="OrderRejected", request_id=request_id), "refusals")
    return Refusal.objects.get(request_id=request_id)


@pytest.fixture
def refusals(guest: APIClient, mug: Variant, make_variant: MakeVariant) -> list[Refusal]:
    make_variant("CUP", stock=1)
    return [
        refuse(guest, "request-short", ("CUP", 3), ("MUG", 2)),
        refuse(guest, "request-unknown", ("<b>NO</b>", 1)),
        refuse(guest, "request-price", ("MUG", 1), expected_total="1.00"),
    ]


def found(browser: Client, query: str) -> list[str]:
    """The request ids on the page, newest first."""
    text = text_of(browser.get(f"{LIST}?{query}"))
    ids = ("request-short", "request-unknown", "request-price")
    return sorted((id for id in ids if id in text), key=text.index)


def test_the_list_says_what_was_wanted_and_what_was_there(
    browser: Browser, mug: Variant, refusals: list[Refusal]
) -> None:
    page = browser.get(LIST)

    text = text_of(page)
    for words in ("Too few in stock", "Not for sale", "Price had changed", "3 × CUP , 1 available", "2 × MUG"):
        assert words in text, words
    assert found(browser, "") == ["request-price", "request-unknown", "request-short"]
    html = page.content.decode()
    assert f'href="/admin/catalog/product/{mug.product_id}/change/"' in html
    assert "<b>NO</b>" not in html
    assert "&lt;B&gt;NO&lt;/B&gt;" in html


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("q=cup", ["request-short"]),
        ("q=MUG", ["request-price", "request-short"]),
        ("q=MU", []),
        ("q=request-unknown", ["request-unknown"]),
        ("q=%00", []),
        ("code=price_changed", ["request-price"]),
        ("code=out_of_stock&q=mug", ["request-short"]),
        ("at_from=2026-02-03&at_to=2026-02-03", ["request-unknown"]),
        ("at_to=2026-02-02", []),
    ],
)
def test_it_is_narrowed_by_reason_and_day_and_searched_by_sku_and_request(
    browser: Browser, refusals: list[Refusal], query: str, ids: list[str]
) -> None:
    Refusal.objects.filter(request_id="request-unknown").update(at=datetime(2026, 2, 3, 23, 59, tzinfo=UTC))

    assert found(browser, query) == ids


def test_a_page_tells_it_all_and_changes_nothing(browser: Browser, mug: Variant, refusals: list[Refusal]) -> None:
    path = f"{LIST}{refusals[0].event_id}/change/"
    page = browser.get(path)

    text = text_of(page)
    for words in ("Too few in stock", refusals[0].reason, "3 × CUP , 1 available", "2 × MUG", "request-short"):
        assert words in text, words
    html = page.content.decode()
    assert f"/admin/catalog/product/{mug.product_id}/change/" in html
    assert f"/admin/events/event/{refusals[0].event_id}/change/" in html
    assert 'name="_save"' not in html
    assert browser.post(path, {"code": "x"}).status_code == 403
    assert browser.get(f"{LIST}add/").status_code == 403
    assert browser.post(f"{LIST}{refusals[0].event_id}/delete/", {"post": "yes"}).status_code == 403


def test_of_a_large_order_the_list_shows_the_beginning(guest: APIClient, browser: Browser, mug: Variant) -> None:
    refusal = refuse(guest, "request-large", *((f"NO-{number}", 1) for number in range(12)))

    listed, page = text_of(browser.get(LIST)), text_of(browser.get(f"{LIST}{refusal.event_id}/change/"))

    assert "NO-4" in listed
    assert "and 7 more" in listed
    assert "NO-5" not in listed
    assert "NO-11" in page


def test_the_list_costs_the_same_queries_whatever_its_size(
    guest: APIClient, browser: Browser, refusals: list[Refusal], django_assert_max_num_queries: Any
) -> None:
    counts = []
    for turn in range(2):
        with django_assert_max_num_queries(20) as queries:
            browser.get(LIST)
        counts.append(len(queries.captured_queries))
        for number in range(5):
            refuse(guest, f"request-{turn}-{number}", ("MUG", 1), ("CUP", number + 2))

    assert counts[0] == counts[1]


def test_the_sidebar_leads_there(browser: Browser, db: None) -> None:
    assert f'href="{LIST}"' in browser.get("/admin/orders/order/").content.decode()
