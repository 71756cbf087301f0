"""The audit of the catalog and what ProductUpdated tells: who changed what, from what to what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Change
from events.models import Event

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], APIClient]
MUG: dict[str, Any] = {"code": "MUG", "name": "Mug", "price": "12.90", "stock": 7}


@pytest.fixture
def staff_client(client_of: ClientOf, staff: User) -> APIClient:
    return client_of(staff)


@pytest.fixture
def path(staff_client: APIClient) -> str:
    return str(staff_client.post("/products", MUG)["Location"])


def last() -> Change:
    return Change.objects.latest("id")


def test_a_new_product_is_noted_with_all_that_it_is(staff_client: APIClient, staff: User) -> None:
    made = staff_client.post("/products", MUG, headers={"X-Request-ID": "request-of-stella"}).json()
    row = last()
    assert (row.kind, str(row.subject_id), row.name, row.action) == ("product", made["id"], "Mug", "created")
    assert (row.by, row.request_id) == (staff.email, "request-of-stella")
    assert row.changes["code"] == [None, "MUG"]
    assert row.changes["variants"] == [None, [{"sku": "MUG", "price": "12.90", "attributes": {}, "low_stock": None}]]


def test_a_change_is_noted_with_before_and_after_of_what_differs(staff_client: APIClient, path: str) -> None:
    staff_client.patch(path, {"name": "Better mug", "price": "9.90", "description": ""})
    row = last()
    variant: dict[str, Any] = {"sku": "MUG", "price": "12.90", "attributes": {}, "low_stock": None}
    assert (row.action, row.name) == ("updated", "Better mug")
    assert row.changes == {
        "name": ["Mug", "Better mug"],
        "price": ["12.90", "9.90"],
        "variants": [[variant], [variant | {"price": "9.90"}]],
    }


def test_the_event_names_the_same_fields_and_holds_the_product_afterwards(staff_client: APIClient, path: str) -> None:
    body = staff_client.patch(path, {"status": "draft", "category": None, "name": "Mug"}).json()
    event = Event.objects.get(type="ProductUpdated")
    assert event.subject == f"product/{body['id']}"
    assert event.data == {"product_id": body["id"], "code": "MUG", "changed": ["status"], "product": body}
    assert list(last().changes) == ["status"]


@pytest.mark.parametrize(
    ("method", "address", "body"),
    [
        ("patch", "/variants/MUG", {"sku": "MUG-1"}),
        ("patch", "/variants/MUG", {"attributes": {"size": "L"}}),
        ("post", "{path}/variants", {"sku": "MUG-2", "price": "13.00"}),
        ("patch", "/variants/MUG", {"low_stock": 3}),
    ],
)
def test_a_change_of_a_variant_is_one_of_its_product(
    staff_client: APIClient, path: str, method: str, address: str, body: dict[str, Any]
) -> None:
    answer = getattr(staff_client, method)(address.format(path=path), body)
    assert answer.status_code in (200, 201), answer.content
    assert Event.objects.get(type="ProductUpdated").data["changed"] == list(last().changes) == ["variants"]


def test_stock_is_in_the_ledger_and_not_here(staff_client: APIClient, path: str) -> None:
    staff_client.post("/variants/MUG/stock", {"delta": -2, "reason": "two broken"})
    assert Change.objects.count() == 1
    assert set(Event.objects.values_list("type", flat=True)) == {"ProductCreated", "StockChanged"}


def test_what_is_deleted_can_still_be_read_here(staff_client: APIClient, path: str, staff: User) -> None:
    staff_client.delete(path)
    row = last()
    assert (row.action, row.name, row.by) == ("deleted", "Mug", staff.email)
    assert row.changes["price"] == ["12.90", None]


def test_what_is_refused_is_not_noted(staff_client: APIClient, path: str) -> None:
    assert staff_client.patch(path, {"price": "1.005"}).status_code == 400
    assert staff_client.patch(path, {"name": "x"}, headers={"If-Match": '"9-x"'}).status_code == 412
    assert (Change.objects.count(), Event.objects.count()) == (1, 1)


def test_rows_are_in_the_order_of_the_changes(staff_client: APIClient, path: str) -> None:
    for name in ("A", "B", "C"):
        staff_client.patch(path, {"name": name})
    assert [row.changes["name"][1] for row in Change.objects.order_by("id")] == ["Mug", "A", "B", "C"]
