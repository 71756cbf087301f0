"""`PATCH /orders/{id}`: where an order goes and who is billed, as long as neither is settled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Variant
from events.models import Event
from orders.models import AddressChange, Order
from orders.tests.conftest import ADDRESS, at_once, body_for

ClientOf = Callable[[User], APIClient]
HOME = {**ADDRESS, "line2": "", "region": ""}
OFFICE = {**HOME, "line1": "7 Quay Street", "postal_code": "20459"}
PARIS = {**HOME, "city": "Paris", "postal_code": "75001", "country": "FR"}
PARCEL = {"carrier": "DHL", "tracking_number": "00340434", "items": [{"sku": "MUG", "quantity": 1}]}


@pytest.fixture
def order(customer: User, client_of: ClientOf, mug: Variant) -> dict[str, Any]:
    """Carla's pending order for 2 mugs, with its ETag as `etag` and its address as `at`."""
    answer = client_of(customer).post("/orders", body_for(("MUG", 2)))
    return {**answer.json(), "etag": answer["ETag"], "at": f"/orders/{answer.json()['id']}"}


def to(address: dict[str, str]) -> dict[str, Any]:
    return {"shipping": {"address": address}}


def changes() -> list[tuple[str, Any, str]]:
    return list(AddressChange.objects.values_list("kind", "before", "by"))


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def nothing_has_happened() -> bool:
    return not AddressChange.objects.exists() and not Event.objects.filter(type="OrderAddressChanged").exists()


def test_buyers_change_it_while_it_is_pending(order: dict[str, Any], customer: User, client_of: ClientOf) -> None:
    answer = client_of(customer).patch(order["at"], to({**ADDRESS, "line1": "7 Quay Street", "postal_code": "20459"}))

    changed = answer.json()
    assert answer.status_code == 200
    assert (changed["shipping"]["address"], changed["billing_address"]) == (OFFICE, None)
    assert changed["updated_at"] > order["updated_at"]
    assert (changed["totals"], changed["status"]) == (order["totals"], "pending")
    assert answer["ETag"] == client_of(customer).get(order["at"])["ETag"] != order["etag"]
    assert changes() == [("shipping", HOME, "carla@example.com")]
    event = Event.objects.get(type="OrderAddressChanged")
    assert (event.data["order_id"], event.data["kinds"]) == (order["id"], ["shipping"])
    assert "Quay" not in str(event.data)
    assert event.customer_id == customer.id


def test_both_change_at_once_and_the_billing_address_goes_again(
    order: dict[str, Any], customer: User, client_of: ClientOf
) -> None:
    client = client_of(customer)

    both = client.patch(order["at"], to(OFFICE) | {"billing_address": PARIS}).json()
    assert (both["shipping"]["address"], both["billing_address"]) == (OFFICE, PARIS)
    assert Event.objects.get(type="OrderAddressChanged").data["kinds"] == ["shipping", "billing"]

    assert client.patch(order["at"], {"billing_address": None}).json()["billing_address"] is None
    assert changes() == [
        ("shipping", HOME, "carla@example.com"),
        ("billing", None, "carla@example.com"),
        ("billing", PARIS, "carla@example.com"),
    ]


@pytest.mark.parametrize("same", [to(ADDRESS), {"billing_address": None}, to(HOME) | {"billing_address": None}])
def test_what_is_the_same_already_leaves_no_trace(
    order: dict[str, Any], customer: User, staff: User, client_of: ClientOf, same: dict[str, Any]
) -> None:
    answer = client_of(customer).patch(order["at"], same)
    assert (answer.status_code, answer["ETag"]) == (200, order["etag"])
    assert answer.json()["updated_at"] == order["updated_at"]

    client_of(staff).post(f"{order['at']}/cancel")
    assert client_of(customer).patch(order["at"], same).status_code == 200  # as when an answer was lost

    assert nothing_has_happened()


def test_staff_change_the_delivery_of_a_confirmed_order_and_the_invoice_keeps_its_address(
    order: dict[str, Any], staff: User, client_of: ClientOf
) -> None:
    client_of(staff).post(f"{order['at']}/confirm")

    changed = client_of(staff).patch(order["at"], to(OFFICE)).json()

    assert (changed["shipping"]["address"], changed["billing_address"]) == (OFFICE, HOME)
    assert changes() == [("shipping", HOME, "stella@example.com")]
    assert Event.objects.get(type="OrderAddressChanged").data["kinds"] == ["shipping"]


def test_buyers_ask_the_shop_once_it_is_confirmed(
    order: dict[str, Any], customer: User, staff: User, client_of: ClientOf
) -> None:
    client_of(staff).post(f"{order['at']}/confirm")

    assert refusal(client_of(customer).patch(order["at"], to(OFFICE))) == (409, "address_frozen")
    assert nothing_has_happened()


@pytest.mark.parametrize("change", [{"billing_address": OFFICE}, to(OFFICE) | {"billing_address": OFFICE}])
def test_the_billing_address_is_settled_by_the_confirmation(
    order: dict[str, Any], staff: User, client_of: ClientOf, change: dict[str, Any]
) -> None:
    client_of(staff).post(f"{order['at']}/confirm")

    assert refusal(client_of(staff).patch(order["at"], change)) == (409, "address_frozen")
    assert nothing_has_happened()
    assert client_of(staff).get(order["at"]).json()["shipping"]["address"] == HOME


@pytest.mark.parametrize(
    "way",
    [
        [("cancel", None)],
        [("confirm", None), ("ship", PARCEL)],
        [("confirm", None), ("ship", PARCEL), ("ship", PARCEL)],
        [("confirm", None), ("refund", {"reason": "Broken"})],
    ],
)
def test_it_is_settled_once_a_part_is_shipped_or_the_order_is_over(
    order: dict[str, Any], staff: User, client_of: ClientOf, way: list[tuple[str, Any]]
) -> None:
    for call, body in way:
        assert client_of(staff).post(f"{order['at']}/{call}", body).status_code == 200

    assert refusal(client_of(staff).patch(order["at"], to(OFFICE))) == (409, "address_frozen")
    assert nothing_has_happened()


def test_another_country_of_delivery_is_another_order(
    order: dict[str, Any], customer: User, client_of: ClientOf
) -> None:
    answer = client_of(customer).patch(order["at"], to(PARIS))

    assert refusal(answer) == (409, "country_change_not_allowed")
    assert "DE" in answer.json()["detail"]
    assert nothing_has_happened()


def test_an_overtaken_change_is_412(order: dict[str, Any], customer: User, client_of: ClientOf) -> None:
    client, seen = client_of(customer), {"If-Match": order["etag"]}
    assert client.patch(order["at"], to(OFFICE), headers=seen).status_code == 200

    assert client.patch(order["at"], to(HOME), headers=seen).status_code == 412

    assert Order.objects.get().shipping_address == OFFICE


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, ""),
        ([], ""),
        ({"shipping": {}}, "shipping.address"),
        ({"shipping": None}, "shipping"),
        ({"shipping": {"address": {**ADDRESS, "country": "Germany"}}}, "shipping.address.country"),
        ({"shipping": {"address": {**ADDRESS, "postal_code": "2045"}}}, "shipping.address.postal_code"),
        ({"shipping": {"address": {**ADDRESS, "planet": "Earth"}}}, "shipping.address.planet"),
        ({"shipping": {"address": {**ADDRESS, "line1": "a\nb"}}}, "shipping.address.line1"),
        ({"shipping": {"address": {**ADDRESS, "name": None}}}, "shipping.address.name"),
        ({"shipping": {"address": ADDRESS, "method": "urgent"}}, "shipping.method"),
        ({"billing_address": {}}, "billing_address.name"),
        ({"billing_address": "here"}, "billing_address"),
        ({"status": "confirmed"}, "status"),
        ({"email": "a@example.com", **to(OFFICE)}, "email"),
    ],
)
def test_what_is_no_such_change_is_refused(
    order: dict[str, Any], customer: User, client_of: ClientOf, body: Any, field: str
) -> None:
    answer = client_of(customer).patch(order["at"], body)

    assert refusal(answer) == (400, "validation_error")
    assert answer.json()["errors"][0]["field"] == field
    assert Order.objects.get().version == 1


def test_nobody_changes_a_foreign_order(
    order: dict[str, Any], other_customer: User, guest: APIClient, client_of: ClientOf
) -> None:
    assert refusal(client_of(other_customer).patch(order["at"], to(OFFICE))) == (404, "order_not_found")
    assert guest.patch(order["at"], to(OFFICE)).status_code == 401


@pytest.mark.django_db(transaction=True)
def test_a_change_beside_a_parcel_is_before_it_or_refused(
    order: dict[str, Any], staff: User, client_of: ClientOf
) -> None:
    client_of(staff).post(f"{order['at']}/confirm")
    mover, packer = client_of(staff), client_of(staff)

    moved, shipped = at_once(
        [lambda: mover.patch(order["at"], to(OFFICE)), lambda: packer.post(f"{order['at']}/ship", PARCEL)]
    )

    assert shipped.status_code == 200
    assert moved.status_code in (200, 409)
    order_now = Order.objects.get()
    assert order_now.shipping_address == (OFFICE if moved.status_code == 200 else HOME)
    if moved.status_code == 200:
        assert order_now.address_changes.get().at <= order_now.shipments.get().at
