"""`GET /orders`: what a list can be narrowed by, for buyers and for staff."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from orders.models import Order
from orders.tests.conftest import MakeVariant, body_for, follow

ClientOf = Callable[[User], APIClient]


def place(client: APIClient, *items: tuple[str, int], **changes: Any) -> dict[str, Any]:
    answer = client.post("/orders", body_for(*items, **changes))
    assert answer.status_code == 201, answer.content
    order: dict[str, Any] = answer.json()
    return order


def found(client: APIClient, **filters: str) -> list[str]:
    answer = client.get("/orders", filters)
    assert answer.status_code == 200, answer.content
    return [order["id"] for order in answer.json()["results"]]


@pytest.fixture
def shelf(make_variant: MakeVariant) -> None:
    for sku, price in (("MUG", "10.00"), ("CUP", "20.00"), ("POT", "40.00")):
        make_variant(sku, price=price, stock=100)


def test_a_number_finds_its_order(customer: User, staff: User, client_of: ClientOf, shelf: None) -> None:
    first, second = place(client_of(customer), ("MUG", 1)), place(client_of(customer), ("MUG", 1))

    for client in (client_of(customer), client_of(staff)):
        assert found(client, number=first["number"]) == [first["id"]]
        assert found(client, number=f" {second['number']} ") == [second["id"]]
        assert found(client, number=first["number"][:-1]) == []


def test_a_foreign_number_finds_nothing(customer: User, other_customer: User, client_of: ClientOf, shelf: None) -> None:
    order = place(client_of(customer), ("MUG", 1))

    assert found(client_of(other_customer), number=order["number"]) == []


def test_amounts_are_bounds_of_the_total_and_belong_to_it(customer: User, client_of: ClientOf, shelf: None) -> None:
    client = client_of(customer)
    mug, cup, pot = (place(client, (sku, 1))["id"] for sku in ("MUG", "CUP", "POT"))  # with 4.90 for shipping

    assert found(client, min_total="24.90") == [pot, cup]
    assert found(client, min_total="24.91") == [pot]
    assert found(client, max_total="24.90") == [cup, mug]
    assert found(client, min_total="24.9", max_total="24.900") == [cup]
    assert found(client, min_total="30", max_total="20") == []


def test_a_sku_in_any_case_finds_the_orders_that_have_it(
    customer: User, other_customer: User, staff: User, client_of: ClientOf, shelf: None
) -> None:
    client = client_of(customer)
    both, pot, foreign = (
        place(client, ("CUP", 1), ("MUG", 2))["id"],
        place(client, ("POT", 1))["id"],
        place(client_of(other_customer), ("MUG", 1))["id"],
    )

    assert found(client, sku="mug") == [both]
    assert found(client, sku="POT") == [pot]
    assert found(client, sku="LID") == []
    assert found(client_of(staff), sku="mug") == [foreign, both]


def test_staff_narrow_a_sku_by_everything_else(
    customer: User, staff: User, client_of: ClientOf, guest: APIClient, shelf: None
) -> None:
    first = place(client_of(customer), ("MUG", 1))
    second = place(guest, ("MUG", 5), email="g@example.com")
    place(client_of(customer), ("POT", 1))
    client = client_of(staff)
    client.post(f"/orders/{second['id']}/confirm")
    Order.objects.filter(id=first["id"]).update(created_at=datetime(2025, 1, 1, tzinfo=UTC))

    for filters in (
        {"status": "pending"},
        {"number": first["number"]},
        {"email": "carla@example.com"},
        {"max_total": "20.00"},
        {"created_before": "2025-01-02T00:00:00Z"},
        {"created_before": "2025-01-02T00:00:00Z", "created_after": "2024-12-31T00:00:00Z", "status": "pending"},
    ):
        assert found(client, sku="MUG", **filters) == [first["id"]], filters
    for filters in (
        {"status": "confirmed"},
        {"created_after": "2025-01-01T00:00:00Z"},
        {"email": "g@example.com", "min_total": "20.00"},
    ):
        assert found(client, sku="MUG", **filters) == [second["id"]], filters


@pytest.mark.parametrize("filters", ["sku=MUG", "sku=MUG&status=pending", "sku=MUG&min_total=1", "min_total=1"])
def test_pages_of_a_filter_hold_every_order_once_forth_and_back(
    staff: User, client_of: ClientOf, shelf: None, filters: str
) -> None:
    client = client_of(staff)
    placed = [place(client, ("MUG", 1))["id"] for _ in range(5)]
    if filters.startswith("sku"):
        place(client, ("CUP", 1))

    pages, address = [], f"/orders?limit=2&{filters}"
    while address:
        answer = client.get(address).json()
        pages.append([order["id"] for order in answer["results"]])
        address = answer["next"]

    assert [id for page in pages for id in page] == list(reversed(placed))
    back = client.get(answer["previous"]).json()
    assert [order["id"] for order in back["results"]] == pages[1]


def test_a_cursor_of_one_filter_is_none_of_another(staff: User, client_of: ClientOf, shelf: None) -> None:
    client = client_of(staff)
    for _ in range(2):
        place(client, ("MUG", 1))
    following = client.get("/orders?limit=1&sku=MUG").json()["next"]

    answer = client.get(following.replace("sku=MUG", "status=pending"))

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "cursor")


def test_a_page_by_sku_costs_the_same_queries_whatever_its_size(
    staff: User, client_of: ClientOf, shelf: None, django_assert_num_queries: Any
) -> None:
    client = client_of(staff)
    for _ in range(6):
        place(client, ("MUG", 1), ("CUP", 1))
    for order in Order.objects.all():
        follow(order)

    for limit in (1, 6):
        with django_assert_num_queries(10):  # those of every list, and one for the lines of the SKU
            assert len(found(client, sku="MUG", limit=str(limit))) == limit


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("min_total=1e3", "min_total"),
        ("min_total=-1", "min_total"),
        ("max_total=1.2345", "max_total"),
        ("max_total=NaN", "max_total"),
        ("sku=", "sku"),
        ("sku=%00", "sku"),
        (f"sku={'x' * 65}", "sku"),
        ("number=", "number"),
        (f"number={'1' * 21}", "number"),
        ("country=DE", "country"),
    ],
)
def test_a_wrong_filter_is_400(staff: User, client_of: ClientOf, query: str, field: str) -> None:
    answer = client_of(staff).get(f"/orders?{query}")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field
