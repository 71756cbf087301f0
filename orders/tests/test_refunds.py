"""Refunds: how much, of which the tax, and what goes back into stock."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import StockMovement, Variant
from events.models import Event
from orders.models import Order, Refund, ShippingMethod
from orders.tests.conftest import MakeVariant, body_for
from orders.tests.ways import call, go, stock_of, traces

ClientOf = Callable[[User], APIClient]


@pytest.fixture
def client(staff: User, client_of: ClientOf) -> APIClient:
    return client_of(staff)


@pytest.fixture
def order(client: APIClient, customer: User, client_of: ClientOf, mug: Variant, make_variant: MakeVariant) -> str:
    """Carla's confirmed order for 3 of 10 mugs and 1 of 10 bowls, sent for free: 68.70 with 10.97 of tax."""
    ShippingMethod.objects.update(price=0)
    make_variant("BOWL", price="30.00")
    placed = client_of(customer).post("/orders", body_for(("MUG", 3), ("BOWL", 1))).json()
    assert (placed["totals"]["total"], placed["totals"]["tax"]) == ("68.70", "10.97")
    go(client, placed["id"], ["confirm"])
    return str(placed["id"])


def of(*units: tuple[Any, Any]) -> list[dict[str, Any]]:
    return [{"sku": sku, "quantity": quantity} for sku, quantity in units]


def test_without_an_amount_all_is_given_back(client: APIClient, order: str) -> None:
    answer = call(client, order, "refund", reason="Lost on the way.\nSorry.")

    refunded = answer.json()
    assert answer.status_code == 200
    assert (refunded["status"], refunded["totals"]["refunded"]) == ("refunded", "68.70")
    assert refunded["history"][-1]["reason"] == "Lost on the way.\nSorry."
    refund = Refund.objects.get()
    assert (refund.amount, refund.tax, refund.by) == (Decimal("68.70"), Decimal("10.97"), "stella@example.com")
    assert refund.at == Order.objects.get().updated_at
    event = Event.objects.get(type="OrderRefunded")
    assert event.customer_id == Order.objects.get().customer_id
    assert event.data == {
        "order_id": order,
        "number": refunded["number"],
        "status": "refunded",
        "total": "68.70",
        "currency": "EUR",
        "refund_id": str(refund.id),
        "amount": "68.70",
        "tax": "10.97",
        "refunded": "68.70",
        "reason": "Lost on the way.\nSorry.",
        "restocked": [],
        "complete": True,
    }
    assert (stock_of("MUG"), stock_of("BOWL")) == (7, 9)


@pytest.mark.parametrize("status", ["confirmed", "shipped", "delivered"])
def test_a_part_leaves_the_status_and_the_rest_completes_it(client: APIClient, order: str, status: str) -> None:
    go(client, order, {"confirmed": [], "shipped": ["ship"], "delivered": ["ship", "deliver"]}[status])
    states = [row["status"] for row in client.get(f"/orders/{order}").json()["history"]]

    part = call(client, order, "refund", amount="8.7")
    assert (part.json()["status"], part.json()["totals"]["refunded"]) == (status, "8.70")
    assert [row["status"] for row in part.json()["history"]] == states
    assert part.json() == client.get(f"/orders/{order}").json()
    rest = call(client, order, "refund", amount="60.00")

    assert (rest.json()["status"], rest.json()["totals"]["refunded"]) == ("refunded", "68.70")
    assert [row["status"] for row in rest.json()["history"]] == [*states, "refunded"]
    told = Event.objects.filter(type="OrderRefunded").order_by("id").values_list("data", flat=True)
    assert [(data["status"], data["amount"], data["refunded"], data["complete"]) for data in told] == [
        (status, "8.70", "8.70", False),
        ("refunded", "60.00", "68.70", True),
    ]
    assert [refund["tax"] for refund in rest.json()["refunds"]] == ["1.39", "9.58"]
    assert call(client, order, "refund", amount="0.01").status_code == 409


def test_an_order_that_was_refunded_in_part_goes_on(client: APIClient, order: str) -> None:
    call(client, order, "refund", amount="5.00")
    go(client, order, ["ship"])
    call(client, order, "refund", amount="5.00")
    go(client, order, ["deliver"])

    assert client.get(f"/orders/{order}").json()["totals"]["refunded"] == "10.00"


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"amount": "68.71"}, "amount", "refund_too_large"),
        ({"amount": "99999999999"}, "amount", "refund_too_large"),
        ({"amount": "0"}, "amount", "min_value"),
        ({"amount": "0.00"}, "amount", "min_value"),
        ({"amount": "-1.00"}, "amount", "min_value"),
        ({"amount": "1.005"}, "amount", "too_many_digits"),
        ({"amount": "1.0005"}, "amount", "max_decimal_places"),
        ({"amount": 5}, "amount", "invalid"),
        ({"amount": "5e0"}, "amount", "invalid"),
        ({"amount": ""}, "amount", "invalid"),
        ({"amount": None}, "amount", "null"),
        ({"reason": ""}, "reason", "blank"),
        ({"reason": " "}, "reason", "blank"),
        ({"reason": "x" * 501}, "reason", "max_length"),
        ({"reason": None}, "reason", "null"),
        ({"restock": of(("MUG", 4))}, "restock.0.quantity", "too_many"),
        ({"restock": of(("BOWL", 1), ("CUP", 1))}, "restock.1.sku", "unknown_sku"),
        ({"restock": of(("MUG", 1), ("mug", 1))}, "restock.1.sku", "duplicate_sku"),
        ({"restock": of(("MUG", 0))}, "restock.0.quantity", "min_value"),
        ({"restock": True}, "restock", "not_a_list"),
        ({"currency": "EUR"}, "currency", "unknown_field"),
    ],
)
def test_what_cannot_be_refunded_is_named(
    client: APIClient, order: str, changes: dict[str, Any], field: str, code: str
) -> None:
    before = traces(order)

    answer = call(client, order, "refund", **changes)

    assert answer.status_code == 400
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(field, code)]
    assert traces(order) == before


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"amount": "70.00"}, "refund_too_large"), ({"restock": of(("MUG", 1), ("MUG", 1))}, "duplicate_sku")],
)
def test_some_refusals_have_a_code_of_their_own(
    client: APIClient, order: str, changes: dict[str, Any], code: str
) -> None:
    assert call(client, order, "refund", **changes).json()["code"] == code


def test_a_reason_is_required(client: APIClient, order: str) -> None:
    answer = client.post(f"/orders/{order}/refund", {"amount": "1.00"})

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "reason")


def test_goods_go_back_into_stock_each_once(client: APIClient, order: str) -> None:
    go(client, order, ["ship", "deliver"])
    first = call(client, order, "refund", amount="12.90", restock=of(("mug", 1)))
    assert first.json()["refunds"][0]["restocked"] == of(("MUG", 1))
    assert stock_of("MUG") == 8
    too_many = call(client, order, "refund", amount="1.00", restock=of(("MUG", 3)))
    assert too_many.json()["errors"][0]["message"] == "MUG: 3 were asked for, 2 are left."

    last = call(client, order, "refund", restock=of(("BOWL", 1), ("MUG", 2)))

    assert last.json()["status"] == "refunded"
    assert (stock_of("MUG"), stock_of("BOWL")) == (10, 10)
    back = StockMovement.objects.filter(order_id=order, reason="return").order_by("id")
    assert [(row.variant.sku, row.delta, row.balance, row.by) for row in back] == [
        ("MUG", 1, 8, "stella@example.com"),
        ("BOWL", 1, 10, "stella@example.com"),
        ("MUG", 2, 10, "stella@example.com"),
    ]
    told = Event.objects.filter(type="OrderRefunded").order_by("id").values_list("data", flat=True)
    assert [data["restocked"] for data in told] == [of(("MUG", 1)), of(("BOWL", 1), ("MUG", 2))]


def test_goods_go_back_to_a_variant_that_has_another_sku_by_now(client: APIClient, order: str) -> None:
    assert client.patch("/variants/MUG", {"sku": "CUP"}).status_code == 200

    answer = call(client, order, "refund", restock=of(("MUG", 3)))

    assert answer.status_code == 200
    assert answer.json()["refunds"][0]["restocked"] == of(("MUG", 3))
    assert stock_of("CUP") == 10


def test_cancelling_gives_back_what_no_refund_has_given_back(client: APIClient, order: str) -> None:
    call(client, order, "refund", amount="12.90", restock=of(("MUG", 1)))

    go(client, order, ["cancel"])

    assert (stock_of("MUG"), stock_of("BOWL")) == (10, 10)


def test_an_order_whose_rest_goes_back_into_stock_is_shipped(client: APIClient, order: str) -> None:
    call(client, order, "ship", items=of(("MUG", 3)))

    answer = call(client, order, "refund", amount="30.00", restock=of(("BOWL", 1)))

    assert answer.json()["status"] == "shipped"
    assert answer.json()["history"][-1]["by"] == "stella@example.com"
    assert Event.objects.get(type="OrderRefunded").data["status"] == "shipped"
    go(client, order, ["deliver"])


def test_an_order_of_nothing_is_refunded_by_nothing(client: APIClient, order: str, make_variant: MakeVariant) -> None:
    make_variant("SAMPLE", price="0.00")
    free = client.post("/orders", body_for(("SAMPLE", 2))).json()
    assert free["totals"]["total"] == "0.00"
    go(client, free["id"], ["confirm"])
    assert call(client, free["id"], "refund", amount="0.01").json()["code"] == "refund_too_large"

    answer = call(client, free["id"], "refund", restock=of(("SAMPLE", 2)))

    assert (answer.json()["status"], answer.json()["totals"]["refunded"]) == ("refunded", "0.00")
    assert [(refund["amount"], refund["tax"]) for refund in answer.json()["refunds"]] == [("0.00", "0.00")]
    assert stock_of("SAMPLE") == 10


def test_yen_are_refunded_whole(client: APIClient, make_variant: MakeVariant, settings: Settings) -> None:
    settings.SHOP_CURRENCY = "JPY"
    ShippingMethod.objects.update(price=0)
    make_variant("CHAWAN", price="1000", currency="JPY", tax_rate="10")
    order = client.post("/orders", body_for(("CHAWAN", 1))).json()
    assert order["totals"]["tax"] == "91"
    go(client, order["id"], ["confirm"])
    assert call(client, order["id"], "refund", amount="0.5").json()["errors"][0]["code"] == "too_many_digits"

    for amount in ("333", "333.00"):
        assert call(client, order["id"], "refund", amount=amount).status_code == 200
    answer = call(client, order["id"], "refund")

    assert [(refund["amount"], refund["tax"]) for refund in answer.json()["refunds"]] == [
        ("333", "30"),
        ("333", "31"),
        ("334", "30"),
    ]
    assert Event.objects.filter(type="OrderRefunded").latest("id").data["refunded"] == "1000"


def test_a_refund_of_many_lines_costs_no_query_per_line(
    client: APIClient, make_variant: MakeVariant, django_assert_max_num_queries: Any
) -> None:
    skus = [make_variant(f"SKU-{number}").sku for number in range(40)]
    order = client.post("/orders", body_for(*[(sku, 2) for sku in skus])).json()
    go(client, order["id"], ["confirm"])

    with django_assert_max_num_queries(30):
        answer = call(client, order["id"], "refund", restock=of(*[(sku, 2) for sku in skus]))
    assert answer.json()["status"] == "refunded"
