"""The admin's first page: today's figures, what waits, what is wrong; few queries, and none without a bound."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Variant
from catalog.products.services import VariantFacts, create_product
from catalog.tests.staff_browser import Browser, text_of
from events.models import Event, Inbox
from notifications.models import Mail
from orders.models import Order, OrderHistory, Refusal
from orders.tests.conftest import body_for

ClientOf = Callable[[User], APIClient]
Place = Callable[..., Order]


@pytest.fixture(autouse=True)
def midday(settings: Settings) -> None:
    """The shop lies where it is noon, so that some minutes before and after are the same day."""
    ahead = 12 - timezone.now().hour
    settings.TIME_ZONE = f"Etc/GMT{-ahead:+d}"  # whose signs are the other way round


@pytest.fixture
def browser(staff: User) -> Browser:
    return Browser(staff)


@pytest.fixture
def place(guest: APIClient, db: None) -> Place:
    """Places an order of mugs at 12.90 (and 4.90 for shipping) some time `ago`."""
    facts = [VariantFacts(sku="MUG", price=Decimal("12.90"), stock=1000)]
    create_product(code="MUG", name="Stoneware mug", variants=facts, by="test")

    def make(ago: timedelta = timedelta(0), *, units: int = 1) -> Order:
        placed = guest.post("/orders", body_for(("MUG", units), email="gina@example.com")).json()
        Order.objects.filter(id=placed["id"]).update(created_at=timezone.now() - ago)
        return Order.objects.get(id=placed["id"])

    return make


def sales(browser: Browser) -> Any:
    return browser.get("/admin/").context["sales"]


def card(browser: Browser, label: str) -> Any:
    return next(one for one in sales(browser)["cards"] if one["label"] == label)


def test_it_tells_of_today_beside_yesterday_and_a_week_ago(browser: Browser, place: Place) -> None:
    day, minute = timedelta(days=1), timedelta(minutes=1)
    for ago in (timedelta(0), timedelta(0), day + minute, day - 5 * minute, 7 * day + minute):
        place(ago)
    Order.objects.filter(id=place().id).update(status="cancelled")
    Order.objects.filter(id=place().id).update(refunded_total=Decimal("10"))
    Order.objects.filter(id=place().id).update(hidden_at=timezone.now())

    orders, revenue = card(browser, "Orders today"), card(browser, "Revenue today")

    assert (orders["value"], revenue["value"]) == ("4", "43.40 EUR")
    yesterday, last_week = orders["before"]
    assert (yesterday["value"], yesterday["change"], yesterday["way"]) == ("1", "+300%", "up")
    assert last_week["when"] == f"last {timezone.localtime() - 7 * day:%A}"
    assert revenue["before"][0]["value"] == "17.80 EUR"


def test_revenue_is_in_the_shops_currency_alone(browser: Browser, place: Place) -> None:
    place()
    Order.objects.filter(id=place().id).update(currency="USD")

    assert card(browser, "Orders today")["value"] == "2"
    assert card(browser, "Revenue today")["value"] == "17.80 EUR"


def test_a_day_is_one_of_the_shops_time_zone(browser: Browser, place: Place) -> None:
    """At noon of the shop, fourteen hours ago was yesterday, and eleven hours ago was today."""
    place(timedelta(hours=14)), place(timedelta(hours=11))

    days = {day: orders for day, orders, _ in sales(browser)["days"]}

    today = timezone.localdate()
    assert (days[today], days[today - timedelta(days=1)]) == (1, 1)
    assert len(days) == 30


def test_it_leads_to_what_waits(browser: Browser, place: Place) -> None:
    place(), place()
    Order.objects.filter(id=place().id).update(status="confirmed")

    confirm, ship = card(browser, "To confirm"), card(browser, "To ship")

    assert (confirm["value"], ship["value"]) == ("2", "1")
    assert browser.get(confirm["url"]).context["cl"].result_count == 2
    assert browser.get(ship["url"]).context["cl"].result_count == 1


def test_late_orders_are_listed_the_longest_waiting_first(browser: Browser, place: Place, settings: Settings) -> None:
    late = timedelta(hours=settings.ORDER_LATE_HOURS)
    orders = [place(late + timedelta(hours=hours)) for hours in (2, 9)] + [place()]
    Order.objects.update(status="confirmed")
    for order in orders:
        OrderHistory.objects.create(order=order, status="confirmed", at=order.created_at + timedelta(hours=1))

    shown = sales(browser)

    assert [order.number for order in shown["late"]] == [orders[1].number, orders[0].number]
    assert shown["late_count"] == "2"
    assert f"/admin/orders/order/{orders[1].pk}/change/" in browser.get("/admin/").content.decode()
    assert browser.get(shown["late_url"]).context["cl"].result_count == 2


def test_charts_states_and_best_sellers_tell_of_the_orders(browser: Browser, place: Place) -> None:
    place(), place(units=3), place(timedelta(days=8), units=50), place(timedelta(days=40))
    Order.objects.filter(id=place().id).update(status="cancelled")

    shown = sales(browser)

    assert '"data": [0, 0, 0' in shown["orders_chart"]
    assert '"label": "Revenue in EUR"' in shown["revenue_chart"]
    assert [(one["name"], one["count"]) for one in shown["states"]] == [("pending", 3), ("cancelled", 1)]
    (best,) = shown["best_sellers"]
    assert (best["sku"], best["named"], best["units"], best["revenue"]) == ("MUG", "Stoneware mug", 4, "51.60 EUR")
    assert "Orders, 30 days" in text_of(browser.get("/admin/"))


def test_refusals_and_low_stock_are_told(browser: Browser, place: Place) -> None:
    for code, at in (("out_of_stock", timezone.now()), ("price_changed", timezone.now() - timedelta(days=2))):
        Refusal.objects.create(event_id=uuid4(), at=at, code=code, reason="x", items=[], skus=["MUG"])
    Variant.objects.update(stock=2, low_stock=5)

    page = browser.get("/admin/")

    assert page.context["sales"]["refusals"] == [("out_of_stock", 1)]
    assert page.context["low_stock"]["count"] == "1"
    assert "Low stock: 1 MUG Stoneware mug 2 low at 5" in text_of(page)


def test_all_is_well_where_nothing_is_wrong(browser: Browser, place: Place) -> None:
    place()  # its event has just been recorded
    assert browser.get("/admin/").context["warnings"] == []


def test_what_is_wrong_is_told_with_a_way_to_it(browser: Browser, place: Place, settings: Settings) -> None:
    place()
    before = timezone.now() - timedelta(minutes=6)
    Event.objects.update(time=before, last_error="SNS is away")
    Inbox.objects.create(
        consumer="emails", event_id=uuid4(), event_type="OrderCreated", received_at=before, last_error="no such mail",
        attempts=settings.MAX_RECEIVES,
    )  # fmt: skip
    Mail.objects.create(
        kind="order_received", event_id=uuid4(), event_type="OrderCreated", to="gina@example.com", subject="x",
        text="x", html="x", status="failed", last_error="MessageRejected",
    )  # fmt: skip

    page = browser.get("/admin/")

    mails, events, inbox = page.context["warnings"]
    assert (mails.text, mails.details) == ("1 mail(s) failed", ["to gina@example.com: MessageRejected"])
    assert events.text.endswith("event(s) not published")
    assert inbox.text == "1 event(s) not done by a listener, 1 of them given up"
    for one in (mails, events, inbox):
        assert browser.get(one.url).context["cl"].result_count >= 1
        assert one.text in text_of(page)


def test_whoever_may_see_nothing_sees_nothing_of_it(place: Place, settings: Settings) -> None:
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
    clerk = User.objects.create_user("clara@example.com", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_variant"))
    client: Any = Client()
    client.force_login(clerk, backend="django.contrib.auth.backends.ModelBackend")
    place()

    page = client.get("/admin/")

    assert page.status_code == 200
    assert "sales" not in page.context
    assert "Revenue" not in text_of(page)
    assert "Low stock" in text_of(page)


def test_it_asks_as_often_however_much_there_is(
    browser: Browser, place: Place, django_assert_max_num_queries: Any
) -> None:
    def asked() -> int:
        with django_assert_max_num_queries(30) as queries:
            browser.get("/admin/")
        return len(queries.captured_queries)

    place()
    asked()
    before = asked()
    for days in range(12):
        place(timedelta(days=days))
    Order.objects.update(status="confirmed")
    Variant.objects.update(low_stock=5000)
    assert asked() == before
