"""StockLow: told when a variant's stock falls to its threshold, once each time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Variant
from catalog.tests.racing import at_once
from events.models import Event

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], APIClient]
ADDRESS = {"name": "Gus", "line1": "2 Harbour Road", "city": "Hamburg", "postal_code": "20457", "country": "DE"}


@pytest.fixture
def staff_client(client_of: ClientOf, staff: User) -> APIClient:
    return client_of(staff)


def make(client: APIClient, stock: int, low_stock: int | None) -> str:
    variants = [{"sku": "MUG-1", "price": "5.00", "stock": stock, "low_stock": low_stock}]
    made = client.post("/products", {"code": "MUG", "name": "Mug", "variants": variants})
    assert made.status_code == 201, made.content
    return str(made["Location"])


def order(client: APIClient, units: int = 1, **changes: Any) -> Any:
    body = {
        "items": [{"sku": "MUG-1", "quantity": units}],
        "email": "gus@example.com",
        "payment_method": "cash",
        "shipping": {"method": "economic", "address": ADDRESS},
    }
    return client.post("/orders", body | changes, format="json")


def adjust(client: APIClient, delta: int) -> None:
    assert client.post("/variants/MUG-1/stock", {"delta": delta, "reason": "correction"}).status_code == 200


def told() -> list[int]:
    """The balances of which StockLow told, in order."""
    return [row.data["balance"] for row in Event.objects.filter(type="StockLow").order_by("id")]


@pytest.mark.django_db(transaction=True)
def test_ten_buyers_through_the_threshold_at_once_make_one_event(staff_client: APIClient) -> None:
    make(staff_client, 15, 10)

    def buy() -> int:
        return int(order(APIClient()).status_code)

    assert at_once([buy] * 10) == [201] * 10
    event = Event.objects.get(type="StockLow")
    assert (event.subject, event.data["sku"], event.data["balance"], event.data["threshold"]) == (
        "variant/MUG-1",
        "MUG-1",
        10,
        10,
    )
    assert Variant.objects.get().stock == 5


def test_it_is_told_again_only_after_the_stock_has_been_above(staff_client: APIClient) -> None:
    make(staff_client, 10, 3)
    for delta in (-7, -1, 1, -1, +2, -1, -3):
        adjust(staff_client, delta)
    assert told() == [3, 3]


def test_a_fall_past_the_threshold_counts_and_one_to_zero(staff_client: APIClient) -> None:
    make(staff_client, 10, 0)
    adjust(staff_client, -9)
    assert told() == []
    assert order(APIClient()).status_code == 201
    assert told() == [0]


def test_a_refused_order_tells_nothing(staff_client: APIClient) -> None:
    make(staff_client, 5, 4)
    assert order(APIClient(), units=6).status_code == 409
    assert told() == []


def test_a_threshold_that_is_set_above_the_stock_is_told_when_it_is_next_crossed(staff_client: APIClient) -> None:
    make(staff_client, 5, None)
    assert staff_client.patch("/variants/MUG-1", {"low_stock": 8}).status_code == 200
    adjust(staff_client, -1)
    assert told() == []  # whoever set it saw the stock
    adjust(staff_client, +5)
    adjust(staff_client, -1)
    assert told() == [8]


def test_the_threshold_is_set_by_each_call_that_writes_a_variant_and_shown_to_staff(staff_client: APIClient) -> None:
    path = make(staff_client, 5, 4)

    def thresholds() -> dict[str, int | None]:
        rows = staff_client.get(f"{path}?expand=variants").json()["variants"]
        return {row["sku"]: row["low_stock"] for row in rows}

    assert thresholds() == {"MUG-1": 4}
    staff_client.post(f"{path}/variants", {"sku": "MUG-2", "price": "6.00", "low_stock": 2})
    staff_client.patch("/variants/mug-1", {"low_stock": None})
    assert thresholds() == {"MUG-1": None, "MUG-2": 2}
    variants = [{"sku": "MUG-1", "price": "5.00", "low_stock": 1}, {"sku": "MUG-2", "price": "6.00"}]
    assert staff_client.put(path, {"code": "MUG", "name": "Mug", "variants": variants}).status_code == 200
    assert thresholds() == {"MUG-1": 1, "MUG-2": None}


@pytest.mark.parametrize("value", [-1, "3", 1.5, True, 10**10])
def test_a_threshold_that_is_no_number_of_units_is_refused(staff_client: APIClient, value: object) -> None:
    make(staff_client, 5, 4)
    refused = staff_client.patch("/variants/MUG-1", {"low_stock": value})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "low_stock")
    assert Variant.objects.get().low_stock == 4


def test_a_change_of_the_threshold_is_in_the_audit_and_gets_a_version(staff_client: APIClient) -> None:
    path = make(staff_client, 5, 4)
    changed = staff_client.patch("/variants/MUG-1", {"low_stock": 6})
    assert changed.status_code == 200
    assert staff_client.get(path)["ETag"].startswith('"2-')
    assert Event.objects.get(type="ProductUpdated").data["changed"] == ["variants"]
