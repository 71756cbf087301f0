"""Which buttons an order's page shows: those that its state and the person's rights allow, and no others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Variant
from catalog.tests.staff_browser import Browser
from orders.models import Order
from orders.tests.at_the_desk import LIST, buttons, dialog, page_of, say, told
from orders.tests.conftest import body_for
from orders.tests.ways import call, go

ClientOf = Callable[[User], APIClient]
ALWAYS = {"note"}
OPEN = {"shipping-address", "cancel", "hide"}
SHOWN: dict[str, tuple[list[str], set[str]]] = {
    "pending": ([], OPEN | {"confirm", "billing-address"}),
    "confirmed": (["confirm"], OPEN | {"ship", "refund"}),
    "shipped": (["confirm", "ship"], {"deliver", "refund"}),
    "delivered": (["confirm", "ship", "deliver"], {"refund"}),
    "cancelled": (["cancel"], {"hide"}),
    "refunded": (["confirm", "refund"], set()),
    "deleted": (["delete"], set()),
}


@pytest.fixture
def browser(staff: User) -> Browser:
    return Browser(staff)


@pytest.fixture
def order(customer: User, client_of: ClientOf, mug: Variant) -> Order:
    return Order.objects.get(id=client_of(customer).post("/orders", body_for(("MUG", 3))).json()["id"])


@pytest.mark.parametrize("state", SHOWN)
def test_the_state_decides_what_may_come_next(
    browser: Browser, order: Order, staff: User, client_of: ClientOf, state: str
) -> None:
    actions, shown = SHOWN[state]
    for action in actions:
        assert call(client_of(staff), str(order.pk), action).status_code in (200, 204)

    assert buttons(browser, order) == (set() if state == "deleted" else ALWAYS | shown)


def test_an_order_that_is_partly_shipped_can_neither_be_cancelled_nor_sent_elsewhere(
    browser: Browser, order: Order, staff: User, client_of: ClientOf
) -> None:
    client = client_of(staff)
    go(client, str(order.pk), ["confirm"])
    assert call(client, str(order.pk), "ship", items=[{"sku": "MUG", "quantity": 1}]).status_code == 200

    assert buttons(browser, order) == ALWAYS | {"ship", "refund"}
    assert "partly shipped" in told(browser, page_of(order))
    assert "partly shipped" in told(browser)


def test_a_guests_link_can_be_revoked_and_a_customer_has_none(browser: Browser, order: Order, guest: APIClient) -> None:
    placed = guest.post("/orders", body_for(("MUG", 1), email="gina@example.com")).json()

    assert "revoke-link" in buttons(browser, Order.objects.get(id=placed["id"]))
    assert "revoke-link" not in buttons(browser, order)


def test_whoever_may_only_look_has_no_buttons_and_no_dialogs(order: Order, settings: Settings) -> None:
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
    viewer = User.objects.create_user("vera@example.com", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_order"))
    client: Any = Client()
    client.force_login(viewer, backend="django.contrib.auth.backends.ModelBackend")

    assert client.get(page_of(order)).status_code == 200
    assert buttons(client, order) == set()
    for move in ("confirm", "ship", "deliver", "refund", "note", "shipping-address", "cancel", "hide"):
        assert client.get(dialog(order, move)).status_code == 403, move
        assert say(client, order, move, reason="x", text="x").status_code == 403, move
    assert "ship_chosen" not in client.get(LIST).content.decode()
    client.post(LIST, {"action": "confirm_chosen", "_selected_action": str(order.pk)})
    assert Order.objects.get().status == "pending"


def test_whoever_may_change_but_not_delete_is_not_offered_it(order: Order, settings: Settings) -> None:
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
    clerk = User.objects.create_user("clara@example.com", is_staff=True)
    clerk.user_permissions.add(*Permission.objects.filter(codename__in=["view_order", "change_order"]))
    client: Any = Client()
    client.force_login(clerk, backend="django.contrib.auth.backends.ModelBackend")

    assert buttons(client, order) == ALWAYS | OPEN - {"hide"} | {"confirm", "billing-address"}
    assert say(client, order, "hide").status_code == 403
    assert Order.objects.get().hidden_at is None


@pytest.mark.parametrize("move", ["confirm", "ship", "deliver", "refund", "note", "shipping-address", "cancel", "hide"])
@pytest.mark.parametrize("id", ["0198c0de-0000-7000-8000-000000000000", "nonsense"])
def test_a_dialog_of_no_order_says_so(browser: Browser, order: Order, move: str, id: str) -> None:
    path = f"{LIST}{id}/{move}/"
    assert browser.get(path).status_code == 200

    fields = {"carrier": "DHL", "tracking_number": "1", "amount": "1", "reason": "x", "text": "x"}
    address = {"name": "x", "line1": "x", "city": "x", "postal_code": "20457", "country": "DE"}
    answer = browser.post(path, {"_form_submitted": "True"} | fields | address)

    assert answer["HX-Redirect"] == LIST
    assert "There is no such order." in told(browser)
