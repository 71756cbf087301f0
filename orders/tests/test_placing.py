"""`POST /orders`: what an order comes to, who may place one, and what the answer holds."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Product, StockMovement, Variant
from events.models import Event
from orders.models import Order, ShippingMethod
from orders.tests.conftest import ADDRESS, MakeVariant, body_for

ClientOf = Callable[[User], APIClient]


def test_it_freezes_prices_tax_and_totals(customer: User, client_of: ClientOf, make_variant: MakeVariant) -> None:
    make_variant("MUG", price="12.90", tax_rate="19")
    make_variant("BOOK", price="7.99", tax_rate="7")

    answer = client_of(customer).post("/orders", body_for(("mug", 2), ("BOOK", 3)))

    order = answer.json()
    assert answer.status_code == 201
    assert answer["Location"] == f"/orders/{order['id']}"
    assert answer["ETag"].startswith('"')
    assert order["status"] == "pending"
    assert order["email"] == "carla@example.com"
    assert order["currency"] == "EUR"
    assert order["lines"] == [
        {
            "sku": "MUG",
            "name": "The mug",
            "quantity": 2,
            "unit_price": "12.90",
            "tax_rate": "19.00",
            "tax": "4.12",  # 25.80 · 19/119 = 4.1193…
            "total": "25.80",
        },
        {
            "sku": "BOOK",
            "name": "The book",
            "quantity": 3,
            "unit_price": "7.99",
            "tax_rate": "7.00",
            "tax": "1.57",  # 23.97 · 7/107 = 1.5681…
            "total": "23.97",
        },
    ]
    # Shipping 4.90 contains 0.78 at 19 %.
    assert order["totals"] == {
        "items": "49.77",
        "shipping": "4.90",
        "tax": "6.47",
        "total": "54.67",
        "refunded": "0.00",
    }
    assert order["shipping"] == {
        "method": "economic",
        "address": ADDRESS | {"line2": "", "region": ""},
        "carrier": "",
        "tracking_number": "",
        "tracking_url": None,
    }
    assert order["billing_address"] is None
    assert order["note"] == ""
    assert [row["status"] for row in order["history"]] == ["pending"]
    assert order["history"][0]["by"] == "carla@example.com"
    assert "tracking_token" not in order
    assert client_of(customer).get(answer["Location"]).json() == order


def test_a_later_price_does_not_change_the_order(customer: User, client_of: ClientOf, mug: Variant) -> None:
    order = client_of(customer).post("/orders", body_for(("MUG", 1))).json()
    Variant.objects.update(price=Decimal("99.00"))
    ShippingMethod.objects.update(price=Decimal("50.00"))

    assert client_of(customer).get(f"/orders/{order['id']}").json() == order


@pytest.mark.parametrize(
    ("method", "quantity", "shipping"),
    [("economic", 7, "4.90"), ("economic", 8, "0.00"), ("urgent", 8, "12.90")],
)
def test_economic_shipping_is_free_from_75_euros(
    guest: APIClient, make_variant: MakeVariant, method: str, quantity: int, shipping: str
) -> None:
    make_variant("CUP", price="9.38")  # 7 are 65.66, 8 are 75.04
    body = body_for(("CUP", quantity), email="g@example.com", shipping={"method": method, "address": ADDRESS})

    assert guest.post("/orders", body).json()["totals"]["shipping"] == shipping


def test_it_takes_the_stock_and_writes_the_ledger(customer: User, client_of: ClientOf, mug: Variant) -> None:
    order = client_of(customer).post("/orders", body_for(("MUG", 3))).json()

    mug.refresh_from_db()
    movement = StockMovement.objects.get(order_id=order["id"])
    assert mug.stock == 7
    assert (movement.delta, movement.balance, movement.by) == (-3, 7, "carla@example.com")


def test_it_records_order_created_for_the_customer(customer: User, client_of: ClientOf, mug: Variant) -> None:
    order = client_of(customer).post("/orders", body_for(("MUG", 3))).json()

    event = Event.objects.get(type="OrderCreated")
    assert event.subject == f"order/{order['id']}"
    assert event.customer_id == customer.id
    assert event.data == {
        "order_id": order["id"],
        "number": order["number"],
        "status": "pending",
        "total": "43.60",
        "currency": "EUR",
        "lines": [{"sku": "MUG", "quantity": 3}],
    }


def test_numbers_are_unique_and_grow(customer: User, client_of: ClientOf, mug: Variant) -> None:
    numbers = [client_of(customer).post("/orders", body_for(("MUG", 1))).json()["number"] for _ in range(3)]

    assert numbers == sorted(set(numbers))
    assert all(len(number) == len("2026-000123") and number[4] == "-" for number in numbers)


def test_a_guest_orders_with_an_address_and_gets_a_token(guest: APIClient, mug: Variant) -> None:
    order = guest.post("/orders", body_for(("MUG", 1), email="Gina@Example.com")).json()

    assert order["email"] == "gina@example.com"
    assert order["tracking_token_expires_at"] > order["created_at"]
    assert Order.objects.get().customer is None
    read = guest.get(f"/orders/{order['id']}", {"tracking_token": order["tracking_token"]})
    assert read.status_code == 200
    assert read.json() == {key: order[key] for key in read.json()}
    assert "tracking_token" not in read.json()


def test_a_guest_must_give_an_address(guest: APIClient, mug: Variant) -> None:
    answer = guest.post("/orders", body_for(("MUG", 1)))

    assert answer.status_code == 400
    assert answer.json()["errors"][0] == {
        "field": "email",
        "code": "required",
        "message": "A guest must give an e-mail address.",
    }


def test_a_customer_must_not_give_an_address(customer: User, client_of: ClientOf, mug: Variant) -> None:
    answer = client_of(customer).post("/orders", body_for(("MUG", 1), email="carla@example.com"))

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "email"


def test_staff_order_for_a_customer(customer: User, staff: User, client_of: ClientOf, mug: Variant) -> None:
    order = client_of(staff).post("/orders", body_for(("MUG", 1), email="CARLA@example.com")).json()

    assert order["email"] == "carla@example.com"
    mine = client_of(customer).get(f"/orders/{order['id']}").json()
    assert mine["history"][0]["by"] == "staff"
    assert order["history"][0]["by"] == "stella@example.com"


def test_an_expected_total_that_still_holds_is_taken(customer: User, client_of: ClientOf, mug: Variant) -> None:
    answer = client_of(customer).post("/orders", body_for(("MUG", 1), expected_total="17.8"))

    assert answer.status_code == 201


def test_a_basket_costs_the_same_queries_whatever_its_size(
    customer: User, client_of: ClientOf, make_variant: MakeVariant, django_assert_max_num_queries: Any
) -> None:
    skus = [make_variant(f"SKU-{number}").sku for number in range(12)]
    client = client_of(customer)

    counts = []
    for size in (1, 12):
        with django_assert_max_num_queries(25) as queries:
            answer = client.post("/orders", body_for(*[(sku, 1) for sku in skus[:size]]))
        assert answer.status_code == 201
        counts.append(_statements(queries))

    assert counts[0] == counts[1]


def test_an_archived_product_cannot_be_ordered(customer: User, client_of: ClientOf, mug: Variant) -> None:
    Product.objects.update(status=Product.Status.ARCHIVED)

    answer = client_of(customer).post("/orders", body_for(("MUG", 1)))

    assert (answer.status_code, answer.json()["code"]) == (404, "product_not_found")


def _statements(queries: CaptureQueriesContext) -> int:
    return len(queries.captured_queries)
