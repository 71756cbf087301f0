"""The taxes of an order's refunds add up to the order's tax, however the money is given back."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from orders.models import Order, ShippingMethod
from orders.tests.conftest import MakeVariant, body_for
from orders.tests.ways import call, go

DIGITS = {"EUR": 2, "JPY": 0, "KWD": 3}
skus = (f"SKU-{number}" for number in count())


@st.composite
def refunds(draw: st.DrawFn) -> tuple[str, list[tuple[int, str]], list[int]]:
    """A currency, lines of price (in its minor units) and tax rate, and the amounts that are refunded one by one."""
    currency = draw(st.sampled_from(sorted(DIGITS)))
    rate = st.sampled_from(["0", "0.01", "7", "19", "25.50", "99.99", "100"])
    lines = draw(st.lists(st.tuples(st.integers(0, 2000), rate), min_size=1, max_size=3))
    left = sum(price for price, _ in lines)
    amounts: list[int] = []
    while left > 1 and len(amounts) < 8:
        # Small ones above all: many of them is where shares that are rounded one by one go wrong.
        amount = draw(st.one_of(st.integers(1, min(left - 1, 3)), st.integers(1, left - 1)))
        amounts.append(amount)
        left -= amount
    return currency, lines, amounts


@pytest.fixture
def client(staff: User, client_of: Callable[[User], APIClient]) -> APIClient:
    ShippingMethod.objects.update(price=0)
    return client_of(staff)


# What an example leaves in the database is no other example's business: each has products and an order of its own.
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(refunds())
def test_refunds_add_up(
    client: APIClient,
    make_variant: MakeVariant,
    shop: Settings,
    case: tuple[str, list[tuple[int, str]], list[int]],
) -> None:
    currency, lines, amounts = case
    unit = Decimal(1).scaleb(-DIGITS[currency])
    shop.SHOP_CURRENCY = currency
    ordered = [
        make_variant(next(skus), price=str(price * unit), tax_rate=rate, currency=currency).sku for price, rate in lines
    ]
    placed = client.post("/orders", body_for(*[(sku, 1) for sku in ordered]))
    assert placed.status_code == 201, placed.content
    order = Order.objects.get(id=placed.json()["id"])
    go(client, str(order.id), ["confirm"])

    for amount in amounts:
        answer = call(client, str(order.id), "refund", amount=str(amount * unit))
        assert answer.status_code == 200, answer.content
        assert answer.json()["status"] == "confirmed"
    last = call(client, str(order.id), "refund")
    assert last.json()["status"] == "refunded"

    given_back = tax = Fraction(0)
    share = Fraction(order.tax_total) / Fraction(order.total) if order.total else Fraction(0)
    for refund in last.json()["refunds"]:
        assert 0 <= Fraction(refund["tax"]) <= Fraction(refund["amount"])
        assert abs(Fraction(refund["tax"]) - share * Fraction(refund["amount"])) <= unit
        given_back += Fraction(refund["amount"])
        tax += Fraction(refund["tax"])
        assert abs(tax - share * given_back) <= Fraction(unit) / 2
    assert (given_back, tax) == (Fraction(order.total), Fraction(order.tax_total))


@pytest.fixture
def shop(settings: Settings) -> Settings:  # by another name: hypothesis has `settings` too
    return settings


def test_a_hundred_cents_hold_no_more_tax_than_the_euro(client: APIClient, make_variant: MakeVariant) -> None:
    make_variant("PIN", price="0.20", tax_rate="100")
    order = client.post("/orders", body_for(("PIN", 1))).json()
    assert order["totals"]["tax"] == "0.10"
    go(client, order["id"], ["confirm"])

    for _ in range(20):  # of each cent, half a cent is tax: rounded one by one, twenty cents of it
        answer = call(client, order["id"], "refund", amount="0.01")

    assert answer.json()["status"] == "refunded"
    assert sum(Decimal(refund["tax"]) for refund in answer.json()["refunds"]) == Decimal("0.10")


def test_the_largest_order_is_refunded_to_the_cent(client: APIClient, make_variant: MakeVariant) -> None:
    make_variant("YACHT", price="9999999999.99")
    order = client.post("/orders", body_for(("YACHT", 1))).json()
    assert order["totals"]["tax"] == "1596638655.46"
    go(client, order["id"], ["confirm"])

    call(client, order["id"], "refund", amount="9999999999.98")
    answer = call(client, order["id"], "refund")

    assert [(refund["amount"], refund["tax"]) for refund in answer.json()["refunds"]] == [
        ("9999999999.98", "1596638655.46"),
        ("0.01", "0.00"),
    ]
