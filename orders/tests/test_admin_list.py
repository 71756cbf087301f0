"""The list of orders: what a search finds, how filters narrow it, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Variant
from catalog.tests.staff_browser import Browser, text_of
from orders.models import Order, OrderHistory
from orders.tests.at_the_desk import LIST
from orders.tests.conftest import ADDRESS, body_for
from orders.tests.ways import call, go

ClientOf = Callable[[User], APIClient]


@pytest.fixture
def browser(staff: User) -> Browser:
    return Browser(staff)


@pytest.fixture
def clerk(staff: User, client_of: ClientOf) -> APIClient:
    return client_of(staff)


@pytest.fixture
def place(guest: APIClient, make_variant: Callable[..., Variant]) -> Callable[..., Order]:
    make_variant("MUG", price="12.90", stock=1000)
    make_variant("SPOON-7", price="2.50", stock=1000)

    def make(email: str, *, sku: str = "MUG", name: str = "Carla Customer", method: str = "economic") -> Order:
        shipping = {"method": method, "address": ADDRESS | {"name": name}}
        placed = guest.post("/orders", body_for((sku, 2), email=email, shipping=shipping))
        return Order.objects.get(id=placed.json()["id"])

    return make


@pytest.fixture
def ann(place: Callable[..., Order]) -> Order:
    return place("ann.lee@example.com", sku="SPOON-7", name="Ann-Kathrin Lee")


@pytest.fixture
def bob(place: Callable[..., Order]) -> Order:
    return place("bob@example.com", name="Bob O'Brien")


def shown(browser: Browser, query: str = "") -> set[str]:
    """The numbers of the orders that the list shows."""
    answer = browser.get(LIST + query)
    assert answer.status_code == 200, answer
    return {order.number for order in answer.context["cl"].result_list}


@pytest.mark.parametrize(
    "term",
    [
        "ann.lee@example.com", "ANN.LEE@", "ann.l", "Ann-Kathrin Lee", "lee", "kathrin", "LEE ann", "spoon-7",
        "SPOON-7", "9.90", "9,90", "JJD 77", "jjd 77", "{number}", "{end}", " {number} ",
    ],
)  # fmt: skip
def test_a_search_finds_it_by_whatever_somebody_has_at_hand(
    browser: Browser, ann: Order, bob: Order, clerk: APIClient, term: str
) -> None:
    go(clerk, str(ann.pk), ["confirm"])
    assert call(clerk, str(ann.pk), "ship", tracking_number="JJD 77").status_code == 200

    term = term.format(number=ann.number, end=ann.number[-5:])
    assert shown(browser, "?" + urlencode({"q": term})) == {ann.number}


@pytest.mark.parametrize("term", ["nobody", "zz", "%", "_", "'", "\\", "a:b & !c", "((", "x" * 5000, "9" * 40, "@"])
def test_a_search_for_what_nobody_has_finds_nothing(browser: Browser, ann: Order, term: str) -> None:
    assert shown(browser, "?" + urlencode({"q": term})) == set()


def test_filters_narrow_it(browser: Browser, ann: Order, place: Callable[..., Order], clerk: APIClient) -> None:
    urgent = place("bob@example.com", method="urgent")
    go(clerk, str(ann.pk), ["confirm"])
    today = timezone.localdate()
    tomorrow = today + timedelta(days=1)

    assert shown(browser, "?status__exact=confirmed") == {ann.number}
    assert shown(browser, "?shipping_method__code__exact=urgent") == {urgent.number}
    assert shown(browser, "?payment_method__exact=cash") == set()
    assert shown(browser, f"?created_at_from={today}&created_at_to={today}") == {ann.number, urgent.number}
    assert shown(browser, f"?created_at_from={tomorrow}") == set()
    assert shown(browser, f"?created_at_to={today - timedelta(days=1)}") == set()
    assert shown(browser, "?created_at_from=nonsense&created_at_to=2026-13-45") == {ann.number, urgent.number}


def test_a_day_is_one_of_the_shops_time_zone(browser: Browser, ann: Order, settings: Any) -> None:
    settings.TIME_ZONE = "Pacific/Auckland"
    Order.objects.update(created_at="2026-03-01T12:30:00Z")  # the 2nd, over there

    assert shown(browser, "?created_at_from=2026-03-02&created_at_to=2026-03-02") == {ann.number}
    assert shown(browser, "?created_at_to=2026-03-01") == set()


@pytest.mark.parametrize("days", ["from=0001-01-01", "to=9999-12-31", "from=today", "to=10000-01-01"])
def test_a_day_that_bounds_nothing_shows_all(browser: Browser, ann: Order, days: str) -> None:
    assert shown(browser, f"?created_at_{days}") == {ann.number}


def test_late_is_what_was_confirmed_and_not_shipped_in_time(
    browser: Browser, ann: Order, bob: Order, clerk: APIClient, settings: Any
) -> None:
    go(clerk, str(ann.pk), ["confirm"])
    go(clerk, str(bob.pk), ["confirm"])
    long_ago = timezone.now() - timedelta(hours=settings.ORDER_LATE_HOURS, minutes=1)
    Order.objects.update(created_at=long_ago - timedelta(hours=1))
    assert shown(browser, "?late=yes") == set()

    OrderHistory.objects.filter(order=ann).update(at=long_ago)
    assert shown(browser, "?late=yes") == {ann.number}
    assert "late" in text_of(browser.get(f"{LIST}{ann.pk}/change/"))

    go(clerk, str(ann.pk), ["ship"])
    assert shown(browser, "?late=yes") == set()


def test_deleted_orders_are_out_of_the_way_until_asked_for(
    browser: Browser, ann: Order, bob: Order, clerk: APIClient
) -> None:
    call(clerk, str(ann.pk), "delete")

    assert shown(browser) == {bob.number}
    assert shown(browser, f"?q={ann.number}") == set()
    assert shown(browser, f"?q={ann.number}&deleted=with") == {ann.number}
    assert shown(browser, "?deleted=only") == {ann.number}
    assert shown(browser, "?deleted=with") == {ann.number, bob.number}


def test_it_says_whose_order_it_is_and_how_much(browser: Browser, ann: Order) -> None:
    text = text_of(browser.get(LIST))
    for expected in (ann.number, "pending", "Ann-Kathrin Lee", "ann.lee@example.com", "9.90 EUR", "Economic"):
        assert expected in text, expected


def test_a_page_asks_as_often_whatever_its_size_and_counts_no_more_than_it_must(
    browser: Browser, place: Callable[..., Order], django_assert_num_queries: Any
) -> None:
    for number in range(3):
        place(f"b{number}@example.com")
    browser.get(LIST)
    with django_assert_num_queries(7) as few:
        browser.get(LIST)
    for number in range(12):
        place(f"c{number}@example.com")
    with django_assert_num_queries(7):
        browser.get(LIST)
    counts = [query["sql"] for query in few.captured_queries if "COUNT(" in query["sql"]]
    assert counts
    assert all("LIMIT" in sql for sql in counts)
