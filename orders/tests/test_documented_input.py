"""What the OpenAPI document takes for an order, or a change of one, the call takes, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from api.tests.documented import is_documented
from catalog.models import Variant
from orders.tests.conftest import ADDRESS, body_for

ORDER = body_for(("MUG", 1))


@pytest.mark.parametrize(
    ("changes", "taken"),
    [
        ({}, True),
        ({"billing_address": None, "note": ""}, True),
        ({"items": []}, False),
        ({"colour": "red"}, False),
        ({"items": [{"sku": "MUG", "quantity": 1, "price": "1.00"}]}, False),
        ({"expected_total": ""}, False),
        ({"expected_total": 9}, False),
        ({"billing_address": ADDRESS | {"country": "XX"}}, False),
        ({"billing_address": ADDRESS | {"country": "de"}}, False),
    ],
)
def test_the_document_and_the_call_take_the_same_for_an_order(
    changes: dict[str, Any], taken: bool, customer: User, client_of: Callable[[User], APIClient], mug: Variant
) -> None:
    answer = client_of(customer).post("/orders", ORDER | changes)

    assert answer.status_code == (201 if taken else 400), answer.content
    assert is_documented("post", "/orders", ORDER | changes) is taken


@pytest.mark.parametrize(("change", "taken"), [({}, False), ({"billing_address": None}, True), ({"note": "x"}, False)])
def test_the_document_and_the_call_take_the_same_for_a_change(
    change: dict[str, Any], taken: bool, customer: User, client_of: Callable[[User], APIClient], mug: Variant
) -> None:
    client = client_of(customer)
    order = client.post("/orders", ORDER).json()

    assert client.patch(f"/orders/{order['id']}", change).status_code == (200 if taken else 400)
    assert is_documented("patch", "/orders/{order_id}", change) is taken


@pytest.mark.parametrize("path", ["/orders/export", "/products/export"])
def test_the_only_format_of_an_export_cannot_be_asked_for(
    path: str, staff: User, client_of: Callable[[User], APIClient]
) -> None:
    problem = client_of(staff).get(path, {"format": "csv"})

    assert problem.status_code == 400
    assert [row["code"] for row in problem.json()["errors"]] == ["unknown_field"]
