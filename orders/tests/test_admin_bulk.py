"""Many orders at once from the list: what can be done is done, and each refusal is told by number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Variant
from catalog.tests.staff_browser import Browser, fields_of, text_of
from events.models import Event
from orders.models import Order, Shipment
from orders.tests.at_the_desk import LIST, told
from orders.tests.conftest import body_for
from orders.tests.ways import go

ClientOf = Callable[[User], APIClient]


@pytest.fixture
def browser(staff: User) -> Browser:
    return Browser(staff)


@pytest.fixture
def orders(guest: APIClient, mug: Variant) -> list[Order]:
    """Three pending ones."""
    placed = [guest.post("/orders", body_for(("MUG", 2), email=f"g{n}@example.com")).json()["id"] for n in range(3)]
    return [Order.objects.get(id=id) for id in placed]


@pytest.fixture
def confirmed(orders: list[Order], staff: User, client_of: ClientOf) -> list[Order]:
    for order in orders:
        go(client_of(staff), str(order.pk), ["confirm"])
    return orders


def choose(browser: Browser, action: str, orders: list[Order], **fields: Any) -> Any:
    return browser.post(LIST, {"action": action, "_selected_action": [str(one.pk) for one in orders]} | fields)


def states() -> list[str]:
    return list(Order.objects.order_by("created_at").values_list("status", flat=True))


def numbers(orders: list[Order], *given: str) -> dict[str, str]:
    return {f"tracking-{order.pk}": number for order, number in zip(orders, given, strict=True)}


def test_those_that_can_be_are_confirmed_and_the_others_are_named(
    browser: Browser, orders: list[Order], staff: User, client_of: ClientOf
) -> None:
    go(client_of(staff), str(orders[1].pk), ["cancel"])

    choose(browser, "confirm_chosen", orders)

    assert states() == ["confirmed", "cancelled", "confirmed"]
    assert Event.objects.filter(type="OrderConfirmed").count() == 2
    text = told(browser)
    assert f"2 confirmed: {orders[0].number}, {orders[2].number}" in text
    assert f"1 not confirmed. {orders[1].number}: The order is cancelled; you cannot make it confirmed." in text


def test_the_page_asks_for_a_number_of_each_that_can_be_shipped(
    browser: Browser, confirmed: list[Order], staff: User, client_of: ClientOf
) -> None:
    go(client_of(staff), str(confirmed[0].pk), ["ship"])

    page = choose(browser, "ship_chosen", confirmed)

    fields = fields_of(page, "bulk_form")
    assert [name for name in fields if name.startswith("tracking-")] == [f"tracking-{one.pk}" for one in confirmed[1:]]
    assert f"Left out, for they cannot be shipped: {confirmed[0].number} (shipped)" in text_of(page)
    assert states() == ["shipped", "confirmed", "confirmed"]


def test_those_with_a_number_are_shipped_and_the_others_left_out(browser: Browser, confirmed: list[Order]) -> None:
    sent = choose(browser, "ship_chosen", confirmed, carrier="DHL", **numbers(confirmed, "A-1", "", " A-3 "))

    assert sent.status_code == 302
    assert states() == ["shipped", "confirmed", "shipped"]
    assert list(Shipment.objects.order_by("at").values_list("carrier", "tracking_number")) == [
        ("DHL", "A-1"),
        ("DHL", "A-3"),
    ]
    assert f"2 shipped: {confirmed[0].number}, {confirmed[2].number}" in told(browser)


def test_what_was_shipped_meanwhile_is_named_and_the_rest_is_sent(
    browser: Browser, confirmed: list[Order], staff: User, client_of: ClientOf
) -> None:
    choose(browser, "ship_chosen", confirmed)
    go(client_of(staff), str(confirmed[0].pk), ["ship"])

    choose(browser, "ship_chosen", confirmed, carrier="DHL", **numbers(confirmed, "A-1", "A-2", "A-3"))

    assert states() == ["shipped"] * 3
    assert Shipment.objects.filter(order=confirmed[0]).count() == 1
    text = told(browser)
    assert f"2 shipped: {confirmed[1].number}, {confirmed[2].number}" in text
    assert f"1 not shipped. {confirmed[0].number}: The order is shipped; you cannot make it shipped." in text


def test_what_the_service_refuses_is_named_and_the_rest_is_sent(
    browser: Browser, confirmed: list[Order], staff: User, client_of: ClientOf
) -> None:
    refund = {"amount": "1.00", "reason": "x", "restock": [{"sku": "MUG", "quantity": 2}]}
    assert client_of(staff).post(f"/orders/{confirmed[1].pk}/refund", refund).status_code == 200

    choose(browser, "ship_chosen", confirmed, carrier="DHL", **numbers(confirmed, "A-1", "A-2", "A-3"))

    assert states() == ["shipped", "confirmed", "shipped"]
    text = told(browser)
    assert f"2 shipped: {confirmed[0].number}, {confirmed[2].number}" in text
    assert f"1 not shipped. {confirmed[1].number}: Nothing of the order is left to ship." in text


@pytest.mark.parametrize(
    ("carrier", "given", "complaint"),
    [
        ("", "A-1", "This field is required"),
        ("DHL", "", "Type in a tracking number"),
        ("x" * 61, "A-1", "at most 60"),
        ("DHL", "x" * 81, "at most 80"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(
    browser: Browser, confirmed: list[Order], carrier: str, given: str, complaint: str
) -> None:
    page = choose(browser, "ship_chosen", confirmed, carrier=carrier, **numbers(confirmed, given, "", ""))

    assert complaint in text_of(page)
    assert fields_of(page, "bulk_form")[f"tracking-{confirmed[0].pk}"] == given
    assert not Shipment.objects.exists()


def test_at_most_a_hundred_are_taken(browser: Browser, orders: list[Order], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orders.admin.bulk.AT_ONCE", 2)

    choose(browser, "confirm_chosen", orders)

    assert states() == ["pending"] * 3
    assert "Choose at most 2 orders at a time." in told(browser)


@pytest.mark.parametrize("action", ["confirm_chosen", "ship_chosen"])
@pytest.mark.parametrize("key", ["", "abc", "\0", "1", "' OR 1=1"])
def test_what_is_no_order_is_not_chosen(browser: Browser, orders: list[Order], action: str, key: str) -> None:
    answer = browser.post(LIST, {"action": action, "_selected_action": [key, str(orders[0].pk)]}, follow=True)

    assert answer.status_code == 200
    assert "Choose rows of this list." in text_of(answer)
    assert states() == ["pending"] * 3
