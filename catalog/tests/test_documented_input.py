"""What the OpenAPI document takes for a product, a category or a change of stock, the call takes, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from api.tests.documented import is_documented

PEN: dict[str, Any] = {"code": "PEN", "name": "Pen", "price": "1.00"}
SIZE: dict[str, Any] = {"name": "size", "type": "choice", "choices": ["S", "M"]}


@pytest.mark.parametrize(
    ("path", "body", "taken"),
    [
        ("/products", PEN, True),
        ("/products", PEN | {"tax_rate": "100.00", "currency": "JPY", "price": "100"}, True),
        ("/products", {"code": "PEN", "name": "Pen", "variants": [{"sku": "PEN", "price": "1.00"}]}, True),
        ("/products", {"code": "PEN", "name": "Pen"}, False),
        ("/products", PEN | {"stock": 1, "variants": [{"sku": "PEN"}]}, False),
        ("/products", PEN | {"colour": "red"}, False),
        ("/products", PEN | {"currency": "XXX"}, False),
        ("/products", PEN | {"attributes": {"": "red"}}, False),
        ("/products", PEN | {"attributes": {"colour": "r" * 501}}, False),
        ("/products", PEN | {"attributes": {"colour": ["red"]}}, False),
        *(("/products", PEN | {"price": price}, False) for price in ("", ".5", "5.", "-1", "1e3", "1.0000", 1)),
        *(("/products", PEN | {"tax_rate": rate}, False) for rate in ("", "100.01", "-1", "1e1", "1.005", 19)),
        ("/categories", {"name": "Shirts", "attributes": [SIZE]}, True),
        ("/categories", {"name": "Shirts", "attributes": [SIZE | {"choices": []}]}, False),
        ("/categories", {"name": "Shirts", "attributes": [SIZE | {"choices": ["S", "S"]}]}, False),
        ("/categories", {"name": "Shirts", "attributes": [SIZE | {"type": "text"}]}, False),
    ],
)
def test_the_document_and_the_call_take_the_same(
    path: str, body: dict[str, Any], taken: bool, staff: User, client_of: Callable[[User], APIClient]
) -> None:
    answer = client_of(staff).post(path, body)

    assert answer.status_code == (201 if taken else 400), answer.content
    assert is_documented("post", path, body) is taken


@pytest.mark.parametrize(("delta", "taken"), [(1, True), (0, False), (10**10, False), ("1", False)])
def test_a_change_of_stock_is_not_nothing(
    delta: object, taken: bool, staff: User, client_of: Callable[[User], APIClient]
) -> None:
    client, body = client_of(staff), {"delta": delta, "reason": "received"}
    client.post("/products", PEN)

    assert client.post("/variants/PEN/stock", body).status_code == (200 if taken else 400)
    assert is_documented("post", "/variants/{sku}/stock", body) is taken
