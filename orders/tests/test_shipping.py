"""Parcels: what may be in them, what is frozen, and when an order is shipped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Variant
from events.models import Event
from orders.models import Carrier, Order, Shipment
from orders.tests.conftest import MakeVariant, body_for
from orders.tests.ways import PARCEL, call, go, traces

ClientOf = Callable[[User], APIClient]


@pytest.fixture
def client(staff: User, client_of: ClientOf) -> APIClient:
    return client_of(staff)


@pytest.fixture
def order(client: APIClient, customer: User, client_of: ClientOf, mug: Variant, make_variant: MakeVariant) -> str:
    """Carla's confirmed order for 3 mugs and 1 bowl."""
    make_variant("BOWL", price="30.00")
    placed = client_of(customer).post("/orders", body_for(("MUG", 3), ("BOWL", 1))).json()
    go(client, placed["id"], ["confirm"])
    return str(placed["id"])


def of(*units: tuple[Any, Any]) -> list[dict[str, Any]]:
    return [{"sku": sku, "quantity": quantity} for sku, quantity in units]


def parcels(order_id: str) -> list[dict[str, int]]:
    shipments = Shipment.objects.filter(order_id=order_id).prefetch_related("lines__line")
    return [{row.line.sku: row.quantity for row in shipment.lines.all()} for shipment in shipments]


def test_without_items_the_parcel_holds_all_of_the_order(client: APIClient, order: str) -> None:
    answer = call(client, order, "ship")

    assert answer.status_code == 200
    shipped = answer.json()
    assert shipped["status"] == "shipped"
    assert (shipped["shipping"]["carrier"], shipped["shipping"]["tracking_number"]) == tuple(PARCEL.values())
    assert parcels(order) == [{"MUG": 3, "BOWL": 1}]
    shipment = Shipment.objects.get()
    assert shipment.by == "stella@example.com"
    assert shipment.at == Order.objects.get().updated_at == Order.objects.get().history.get(status="shipped").at
    event = Event.objects.get(type="OrderShipped")
    assert event.customer_id == Order.objects.get().customer_id
    assert event.data == {
        "order_id": order,
        "number": shipped["number"],
        "status": "shipped",
        "total": shipped["totals"]["total"],
        "currency": "EUR",
        "shipment_id": str(shipment.id),
        "carrier": "DHL",
        "tracking_number": PARCEL["tracking_number"],
        "tracking_url": shipment.tracking_url,
        "lines": of(("MUG", 3), ("BOWL", 1)),
        "complete": True,
    }


def test_an_order_goes_in_several_parcels_and_the_last_one_makes_it_shipped(client: APIClient, order: str) -> None:
    first = call(client, order, "ship", tracking_number="1", items=of(("mug", 2)))
    second = call(client, order, "ship", tracking_number="2", carrier="UPS", items=of(("BOWL", 1)))
    assert [answer.json()["status"] for answer in (first, second)] == ["confirmed", "confirmed"]
    assert first["ETag"] != second["ETag"]
    assert second.json()["shipping"]["carrier"] == "UPS"
    assert second.json() == client.get(f"/orders/{order}").json()
    third = call(client, order, "ship", tracking_number="3")

    assert third.json()["status"] == "shipped"
    assert third.json()["shipping"]["tracking_number"] == "3"
    assert [row["status"] for row in third.json()["history"]] == ["pending", "confirmed", "shipped"]
    assert parcels(order) == [{"MUG": 2}, {"BOWL": 1}, {"MUG": 1}]
    told = Event.objects.filter(type="OrderShipped").order_by("id").values_list("data", flat=True)
    assert [(data["status"], data["complete"], data["tracking_number"]) for data in told] == [
        ("confirmed", False, "1"),
        ("confirmed", False, "2"),
        ("shipped", True, "3"),
    ]
    assert call(client, order, "ship").status_code == 409


def test_the_last_units_may_be_named_too(client: APIClient, order: str) -> None:
    call(client, order, "ship", items=of(("MUG", 3)))

    assert call(client, order, "ship", items=of(("BOWL", 1))).json()["status"] == "shipped"


@pytest.mark.parametrize(
    ("items", "field", "code"),
    [
        (of(("BOWL", 1), ("CUP", 1)), "items.1.sku", "unknown_sku"),
        (of(("BOWL", 1), ("MUG", 3)), "items.1.quantity", "too_many"),
        (of(("BOWL", 2)), "items.0.quantity", "too_many"),
        (of(("MUG", 1), ("BOWL", 1), ("mug", 1)), "items.2.sku", "duplicate_sku"),
        (of(("MUG", 0)), "items.0.quantity", "min_value"),
        (of(("MUG", -1)), "items.0.quantity", "min_value"),
        (of(("MUG", 1.0)), "items.0.quantity", "invalid"),
        (of(("MUG", "1")), "items.0.quantity", "invalid"),
        (of(("MUG", 10**18)), "items.0.quantity", "max_value"),
        ([{"sku": "MUG"}], "items.0.quantity", "required"),
        ([{"sku": "MUG", "quantity": 1, "note": "x"}], "items.0.note", "unknown_field"),
        ([], "items", "empty"),
        (None, "items", "null"),
        ("MUG", "items", "not_a_list"),
    ],
)
def test_what_cannot_be_in_the_parcel_is_named(
    client: APIClient, order: str, items: object, field: str, code: str
) -> None:
    call(client, order, "ship", items=of(("MUG", 1)))
    before = traces(order)

    answer = call(client, order, "ship", items=items)

    assert answer.status_code == 400
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(field, code)]
    assert traces(order) == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("carrier", ""),
        ("carrier", "   "),
        ("carrier", "x" * 61),
        ("carrier", "DHL\nExpress"),
        ("carrier", None),
        ("carrier", 7),
        ("tracking_number", ""),
        ("tracking_number", "x" * 81),
        ("tracking_number", "1\r\nBcc: x@example.com"),
        ("tracking_number", 123),
        ("tracking_url", "https://example.com"),
    ],
)
def test_what_is_no_carrier_or_number_is_named(client: APIClient, order: str, field: str, value: object) -> None:
    body: dict[str, Any] = {field: value}
    answer = call(client, order, "ship", **body)

    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert Shipment.objects.count() == 0


@pytest.mark.parametrize("name", ["DHL", "dhl", " Dhl "])
def test_a_known_carrier_gives_the_parcel_a_tracking_address(client: APIClient, order: str, name: str) -> None:
    number = "JJD 00/34?x=1"

    answer = call(client, order, "ship", carrier=name, tracking_number=number)

    assert answer.json()["shipments"][0]["tracking_url"].endswith("tracking-id=JJD%2000%2F34%3Fx%3D1")
    assert answer.json()["shipping"]["carrier"] == name.strip()


def test_anybody_may_carry_it_without_a_tracking_address(client: APIClient, order: str) -> None:
    answer = call(client, order, "ship", carrier="Kurier Müller", tracking_number="Tür 3")

    assert answer.status_code == 200
    assert answer.json()["shipments"][0]["tracking_url"] is None
    assert Event.objects.get(type="OrderShipped").data["tracking_url"] == ""


def test_the_tracking_address_is_frozen(client: APIClient, order: str) -> None:
    before = call(client, order, "ship").json()["shipments"][0]["tracking_url"]

    Carrier.objects.filter(name="DHL").update(tracking_url="https://new.example.com/{tracking_number}")

    assert client.get(f"/orders/{order}").json()["shipments"][0]["tracking_url"] == before


def test_a_tracking_address_that_is_too_long_is_left_out(client: APIClient, order: str) -> None:
    answer = call(client, order, "ship", tracking_number="跟" * 80)

    assert answer.status_code == 200
    assert answer.json()["shipments"][0]["tracking_url"] is None


def test_what_went_back_into_stock_is_not_shipped(client: APIClient, order: str) -> None:
    call(client, order, "refund", amount="12.90", restock=of(("MUG", 1)))

    too_many = call(client, order, "ship", items=of(("MUG", 3)))
    assert too_many.json()["errors"][0]["field"] == "items.0.quantity"

    assert call(client, order, "ship").json()["status"] == "shipped"
    assert parcels(order) == [{"MUG": 2, "BOWL": 1}]


def test_an_order_of_which_all_went_back_into_stock_has_no_parcel(client: APIClient, order: str) -> None:
    call(client, order, "refund", amount="1.00", restock=of(("MUG", 3), ("BOWL", 1)))

    answer = call(client, order, "ship")

    assert (answer.status_code, answer.json()["code"]) == (409, "order_transition_not_allowed")
    assert Order.objects.get().status == "confirmed"


def test_a_parcel_of_many_lines_costs_no_query_per_line(
    client: APIClient, make_variant: MakeVariant, django_assert_max_num_queries: Any
) -> None:
    skus = [make_variant(f"SKU-{number}").sku for number in range(40)]
    order = client.post("/orders", body_for(*[(sku, 2) for sku in skus])).json()
    go(client, order["id"], ["confirm"])

    with django_assert_max_num_queries(25):
        call(client, order["id"], "ship", items=of(*[(sku, 1) for sku in skus]))
    with django_assert_max_num_queries(25):
        assert call(client, order["id"], "ship").json()["status"] == "shipped"
