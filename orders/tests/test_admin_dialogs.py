"""Each dialog does its work by the order's service, and what the service refuses is told, not raised."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Variant
from catalog.tests.staff_browser import Browser, text_of
from events.models import Event
from orders.models import AddressChange, Note, Order, OrderLine, Refund, Shipment
from orders.tests.at_the_desk import asked, buttons, page_of, say, told
from orders.tests.conftest import ADDRESS, body_for
from orders.tests.ways import call, go, stock_of

ClientOf = Callable[[User], APIClient]
PARCEL = {"carrier": "DHL", "tracking_number": "00340434161094000001"}


@pytest.fixture
def browser(staff: User) -> Browser:
    return Browser(staff)


@pytest.fixture
def order(guest: APIClient, mug: Variant, make_variant: Callable[..., Variant]) -> Order:
    """Gina's pending order for 3 mugs and a spoon."""
    make_variant("SPOON", price="2.50")
    body = body_for(("MUG", 3), ("SPOON", 1), email="gina@example.com")
    return Order.objects.get(id=guest.post("/orders", body).json()["id"])


@pytest.fixture
def confirmed(order: Order, staff: User, client_of: ClientOf) -> Order:
    go(client_of(staff), str(order.pk), ["confirm"])
    order.refresh_from_db()
    return order


def line(sku: str) -> OrderLine:
    return OrderLine.objects.get(sku=sku)


def field(kind: str, sku: str) -> str:
    return f"{kind}-{line(sku).pk}"


def test_a_parcel_is_suggested_with_all_that_is_left(browser: Browser, confirmed: Order) -> None:
    fields = asked(browser, confirmed, "ship")
    assert (fields[field("units", "MUG")], fields[field("units", "SPOON")]) == ("3", "1")
    assert '<option value="DHL">' in browser.get(f"/admin/orders/order/{confirmed.pk}/ship/").content.decode()

    assert say(browser, confirmed, "ship", **fields | PARCEL)["HX-Redirect"] == page_of(confirmed)

    assert Order.objects.get().status == "shipped"
    assert Shipment.objects.get().tracking_number == PARCEL["tracking_number"]
    assert Event.objects.get(type="OrderShipped").data["complete"] is True


def test_a_part_is_shipped_and_the_rest_is_suggested_next(browser: Browser, confirmed: Order) -> None:
    say(browser, confirmed, "ship", **PARCEL, **{field("units", "MUG"): "2", field("units", "SPOON"): "0"})

    assert Order.objects.get().status == "confirmed"
    assert line("MUG").shipped == 2
    fields = asked(browser, confirmed, "ship")
    assert (fields[field("units", "MUG")], fields[field("units", "SPOON")]) == ("1", "1")
    assert "JJD" not in told(browser, page_of(confirmed))
    assert PARCEL["tracking_number"] in told(browser, page_of(confirmed))


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"MUG": "4"}, "less than or equal to 3"),
        ({"MUG": "-1"}, "greater than or equal to 0"),
        ({"MUG": "x"}, "Enter a whole number"),
        ({"MUG": "0", "SPOON": ""}, "Put something into the parcel"),
        ({"carrier": ""}, "This field is required"),
        ({"tracking_number": "x" * 81}, "at most 80"),
        ({"tracking_number": "a\0b"}, "Null characters"),
    ],
)
def test_a_parcel_that_cannot_be_is_refused_in_the_dialog(
    browser: Browser, confirmed: Order, fields: dict[str, str], complaint: str
) -> None:
    said = {field("units", name) if name.isupper() else name: value for name, value in fields.items()}
    answer = say(browser, confirmed, "ship", **PARCEL | said)

    assert complaint in text_of(answer)
    assert not Shipment.objects.exists()


def test_an_order_has_arrived(browser: Browser, confirmed: Order, staff: User, client_of: ClientOf) -> None:
    go(client_of(staff), str(confirmed.pk), ["ship"])
    say(browser, confirmed, "deliver")
    assert Order.objects.get().status == "delivered"


def test_a_refund_is_suggested_with_all_that_is_left(browser: Browser, confirmed: Order) -> None:
    fields = asked(browser, confirmed, "refund")
    assert fields["amount"] == f"{confirmed.total:.2f}"
    assert fields[field("restock", "MUG")] == "0"

    say(browser, confirmed, "refund", **fields | {"reason": "Out of clay", field("restock", "MUG"): "2"})

    order = Order.objects.get()
    assert (order.status, order.refunded_total) == ("refunded", order.total)
    assert (stock_of("MUG"), line("MUG").restocked) == (9, 2)
    assert order.history.get(status="refunded").reason == "Out of clay"


def test_a_part_is_refunded_and_the_rest_is_suggested_next(browser: Browser, confirmed: Order) -> None:
    say(browser, confirmed, "refund", amount="5.00", reason="A chip")

    assert Refund.objects.get().amount == 5
    assert Order.objects.get().status == "confirmed"
    assert asked(browser, confirmed, "refund")["amount"] == f"{confirmed.total - 5:.2f}"


@pytest.mark.parametrize("amount", ["1000", "0", "-1", "0.001", "1e30", "NaN", "", "x"])
def test_an_amount_that_cannot_be_is_refused_in_the_dialog(browser: Browser, confirmed: Order, amount: str) -> None:
    answer = say(browser, confirmed, "refund", amount=amount, reason="x")

    assert answer.status_code == 200
    assert "HX-Redirect" not in answer
    assert "errorlist" in answer.content.decode() or "text-red" in answer.content.decode()
    assert not Refund.objects.exists()


def test_two_people_do_not_refund_the_same_part(browser: Browser, confirmed: Order) -> None:
    fields = asked(browser, confirmed, "refund") | {"amount": "5.00", "reason": "A chip"}

    say(browser, confirmed, "refund", **fields)
    say(browser, confirmed, "refund", **fields)

    assert Refund.objects.count() == 1
    assert "has been changed since you opened the dialog" in told(browser, page_of(confirmed))


@pytest.mark.parametrize(("ticked", "for_buyer"), [({}, False), ({"for_buyer": "on"}, True)])
def test_a_note_is_for_staff_unless_somebody_says_otherwise(
    browser: Browser, order: Order, staff: User, ticked: dict[str, str], for_buyer: bool
) -> None:
    say(browser, order, "note", text="Wants it <b>blue</b>", **ticked)

    note = Note.objects.get()
    assert (note.text, note.for_buyer, note.by) == ("Wants it <b>blue</b>", for_buyer, staff.email)
    html = browser.get(page_of(order)).content.decode()
    assert "Wants it &lt;b&gt;blue&lt;/b&gt;" in html
    assert ("shown to the buyer" in text_of(html)) is for_buyer


def test_the_shipping_address_is_changed(browser: Browser, order: Order) -> None:
    fields = asked(browser, order, "shipping-address")
    assert fields["line1"] == ADDRESS["line1"]

    say(browser, order, "shipping-address", **fields | {"line1": "3 New Street", "country": "de"})

    order.refresh_from_db()
    assert (order.shipping_address["line1"], order.shipping_address["country"]) == ("3 New Street", "DE")
    assert (AddressChange.objects.get().before or {})["line1"] == ADDRESS["line1"]
    assert "Before: Carla Customer, 2 Harbour Road" in told(browser, page_of(order))


def test_the_billing_address_is_given_and_taken_back(browser: Browser, order: Order) -> None:
    fields = asked(browser, order, "billing-address")
    say(browser, order, "billing-address", **fields | {"name": "ACME"})
    order.refresh_from_db()
    assert order.billing_address is not None
    assert order.billing_address["name"] == "ACME"

    say(browser, order, "billing-address", same="on")
    order.refresh_from_db()
    assert order.billing_address is None


@pytest.mark.parametrize(
    ("part", "value", "complaint"),
    [("country", "XX", "ISO 3166-1"), ("name", "", "required"), ("city", "a\tb", ""), ("postal_code", "1" * 17, "16")],
)
def test_an_address_that_the_api_would_refuse_is_refused_in_the_dialog(
    browser: Browser, order: Order, part: str, value: str, complaint: str
) -> None:
    fields = asked(browser, order, "shipping-address")
    answer = say(browser, order, "shipping-address", **fields | {part: value})

    assert "HX-Redirect" not in answer
    assert complaint in text_of(answer)
    assert not AddressChange.objects.exists()


def test_an_address_in_another_country_is_refused_with_the_reason(browser: Browser, order: Order) -> None:
    fields = asked(browser, order, "shipping-address")
    answer: Any = say(browser, order, "shipping-address", **fields | {"country": "FR"})

    said = told(browser, page_of(order)) if "HX-Redirect" in answer else text_of(answer)
    assert "Tax was computed for delivery to DE" in said
    assert not AddressChange.objects.exists()


def test_a_revoked_link_reads_nothing(browser: Browser, guest: APIClient, mug: Variant) -> None:
    placed = guest.post("/orders", body_for(("MUG", 1), email="gina@example.com")).json()
    link = f"/orders/{placed['id']}?tracking_token={placed['tracking_token']}"
    assert guest.get(link).status_code == 200

    say(browser, Order.objects.get(), "revoke-link")

    assert guest.get(link).status_code == 404


def test_a_deleted_order_is_shown_here_alone(browser: Browser, order: Order, staff: User, client_of: ClientOf) -> None:
    say(browser, order, "hide", reason="A test of the till")

    order.refresh_from_db()
    assert (order.status, order.hidden_at is not None) == ("cancelled", True)
    assert stock_of("MUG") == 10
    assert client_of(staff).get(f"/orders/{order.pk}").status_code == 404
    assert "This order was deleted" in told(browser, page_of(order))
    assert buttons(browser, order) == set()


@pytest.mark.parametrize("move", ["confirm", "ship", "deliver", "refund", "cancel", "hide", "shipping-address"])
def test_a_dialog_that_was_left_open_is_told_why_not(
    browser: Browser, confirmed: Order, staff: User, client_of: ClientOf, move: str
) -> None:
    address = asked(browser, confirmed, "shipping-address")
    client = client_of(staff)
    go(client, str(confirmed.pk), ["ship", "deliver", "refund"])
    traces = (stock_of("MUG"), Event.objects.count(), Order.objects.get().version)
    fields = {"amount": "1", "reason": "x", **PARCEL, **address, "line1": "elsewhere"}
    del fields["seen"]

    say(browser, confirmed, move, **fields)

    page = told(browser, page_of(confirmed))
    assert "you cannot make it" in page or "The order is closed" in page
    assert (stock_of("MUG"), Event.objects.count(), Order.objects.get().version) == traces


def test_a_change_meanwhile_is_told(browser: Browser, confirmed: Order, staff: User, client_of: ClientOf) -> None:
    fields = asked(browser, confirmed, "ship")
    call(client_of(staff), str(confirmed.pk), "refund", amount=str(Decimal("1.00")))

    say(browser, confirmed, "ship", **fields | PARCEL)

    assert "has been changed since you opened the dialog" in told(browser, page_of(confirmed))
    assert not Shipment.objects.exists()
