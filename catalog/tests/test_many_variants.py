"""Changing products that have many variants: only what differs is written, in as many statements as for two."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient
from uuid_utils.compat import uuid7

from accounts.models import User
from catalog import stock
from catalog.models import Product, StockMovement, Variant

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(client_of: Callable[[User], APIClient], staff: User) -> APIClient:
    return client_of(staff)


def bowl(*skus: str, **facts: Any) -> dict[str, Any]:
    """The body of a product with a variant for each SKU; `facts` are those of each variant."""
    variants = [{"sku": sku, "price": "5.00"} | facts for sku in skus]
    return {"code": skus[0], "name": "Bowl", "variants": variants}


def made(client: APIClient, *skus: str) -> str:
    answer = client.post("/products", bowl(*skus, stock=3))
    assert answer.status_code == 201, answer.content
    return str(answer["Location"])


Change = Callable[[APIClient, str, Sequence[str]], Any]
CHANGES: dict[str, tuple[Change, bool]] = {
    "the product alone": (lambda client, path, skus: client.patch(path, {"description": "New"}), False),
    "the product, written whole": (lambda client, path, skus: client.put(path, bowl(*skus) | {"name": "New"}), False),
    "all variants": (lambda client, path, skus: client.put(path, bowl(*skus, price="6.00", low_stock=1)), True),
    "all variants but one removed": (lambda client, path, skus: client.put(path, bowl(skus[0])), False),
}


@pytest.mark.parametrize("change", CHANGES)
def test_it_asks_the_database_as_often_for_many_as_for_two(client: APIClient, change: str) -> None:
    call, writes = CHANGES[change]
    asked = []
    for size in (2, 50):
        skus = [f"{size}-{number}" for number in range(size)]
        path = made(client, *skus)
        with CaptureQueriesContext(connection) as queries:
            answer = call(client, path, skus)
        assert answer.status_code == 200, answer.content
        asked.append([query["sql"] for query in queries])
    few, many = asked
    assert len(few) == len(many)
    assert any(sql.startswith('UPDATE "catalog_variant"') for sql in many) == writes


def test_each_is_changed_added_and_removed_as_the_body_says_and_no_stock_is_touched(client: APIClient) -> None:
    path = made(client, "S", "M", "L", "XL")
    body = bowl("M", price="6.00") | {"code": "S"}
    body["variants"] += [
        {"sku": "L", "price": "5.00", "low_stock": 2, "attributes": {"size": "L"}},
        {"sku": "XXL", "price": "9.00"},
    ]
    assert client.put(path, body).status_code == 200
    assert list(Variant.objects.order_by("id").values_list("sku", "price", "low_stock", "attributes", "stock")) == [
        ("M", Decimal(6), None, {}, 3),
        ("L", Decimal(5), 2, {"size": "L"}, 3),
        ("XXL", Decimal(9), None, {}, 0),
    ]
    assert list(StockMovement.objects.order_by("variant_id").values_list("variant__sku", "balance")) == [
        ("M", 3),
        ("L", 3),
    ]


def test_one_that_was_ordered_keeps_all_that_are_left_out(client: APIClient) -> None:
    path = made(client, "S", "M", "L", "XL")
    stock.take(items={"L": 1}, order_id=uuid7(), by="")
    answer = client.put(path, bowl("S", price="6.00"))
    assert (answer.status_code, answer.json()["code"]) == (409, "variant_ordered")
    assert answer.json()["detail"].startswith("L was ordered")
    assert list(Variant.objects.order_by("id").values_list("sku", "price")) == [
        (sku, Decimal(5)) for sku in ("S", "M", "L", "XL")
    ]


def test_what_python_takes_for_the_same_number_is_a_change(client: APIClient) -> None:
    path = made(client, "S")
    for value in (1, True, 1.0):
        assert client.put(path, bowl("S", attributes={"lid": value})).status_code == 200
        assert repr(Variant.objects.get().attributes["lid"]) == repr(value)
    assert Product.objects.get().version == 4
