"""What a program does, and under which name it is found afterwards."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Change, StockMovement
from catalog.products.services import VariantFacts, create_product
from orders.models import Order, OrderHistory
from orders.tests.conftest import body_for
from shop.tests.callers import CLIENT, SCOPES

pytestmark = pytest.mark.django_db
NAME = "warehouse@service.invalid"


@pytest.fixture
def program(settings: Settings, mint: Callable[..., str]) -> APIClient:
    settings.SERVICE_CLIENTS = {CLIENT: "warehouse"}
    client = APIClient()
    token = mint(User(), sub=CLIENT, client_id=CLIENT, scope=SCOPES, **{"cognito:groups": None})
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    client.default_format = "json"
    return client


@pytest.fixture(autouse=True)
def mugs(db: None) -> None:
    create_product(
        code="MUG", name="Mug", variants=[VariantFacts(sku="MUG", price=Decimal("12.90"), stock=9)], by="test"
    )


def test_it_orders_for_somebody_and_moves_the_order_on_under_its_name(program: APIClient, customer: User) -> None:
    placed: Any = program.post("/orders", body_for(("MUG", 2), email=customer.email)).json()
    assert program.post(f"/orders/{placed['id']}/confirm").status_code == 200
    assert Order.objects.get().customer == customer
    assert set(OrderHistory.objects.values_list("status", "by")) == {("pending", NAME), ("confirmed", NAME)}
    assert [row["by"] for row in program.get(f"/orders/{placed['id']}").json()["history"]] == [NAME, NAME]


def test_a_buyer_reads_that_the_shop_did_it(
    program: APIClient, customer: User, client_of: Callable[[User], APIClient]
) -> None:
    placed: Any = client_of(customer).post("/orders", body_for(("MUG", 1))).json()
    program.post(f"/orders/{placed['id']}/confirm")
    history = client_of(customer).get(f"/orders/{placed['id']}").json()["history"]
    assert [row["by"] for row in history] == [customer.email, "staff"]


def test_it_has_no_orders_of_its_own(program: APIClient) -> None:
    answer = program.post("/orders", body_for(("MUG", 1)))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "email")
    assert not Order.objects.exists()


def test_what_it_does_in_the_catalog_is_audited_under_its_name(program: APIClient) -> None:
    assert program.patch("/products/mug", {"name": "Cup"}).status_code == 200
    assert program.post("/variants/MUG/stock", {"delta": 3, "reason": "received"}).status_code == 200
    assert Change.objects.filter(action="updated").values_list("by", flat=True).get() == NAME
    assert StockMovement.objects.filter(reason="received", by=NAME).values_list("delta", flat=True).get() == 3
