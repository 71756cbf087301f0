"""`POST /orders`: what is refused, with which code, and that nothing is left behind."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Variant
from events.envelope import to_wire
from events.models import Event
from orders.models import Order
from orders.tests.conftest import ADDRESS, MakeVariant, body_for

ClientOf = Callable[[User], APIClient]


def refusal(client: APIClient, body: Any, status: int = 400) -> dict[str, Any]:
    """The problem that `body` is answered with; nothing may have been ordered or taken."""
    stock = list(Variant.objects.values_list("sku", "stock"))
    answer = client.post("/orders", body)
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert not Order.objects.exists()
    assert list(Variant.objects.values_list("sku", "stock")) == stock
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    return problem


def fields_of(problem: dict[str, Any]) -> list[str]:
    return [row["field"] for row in problem["errors"]]


@pytest.mark.parametrize("quantity", [0, -1, 10**9, 1.5, 1.0, "2", True, None, [1], {}, 2**63 - 1])
def test_a_quantity_is_a_json_integer_from_one_to_a_million(
    customer: User, client_of: ClientOf, mug: Variant, quantity: Any
) -> None:
    problem = refusal(client_of(customer), body_for(("MUG", quantity)))

    assert problem["code"] == "validation_error"
    assert fields_of(problem) == ["items.0.quantity"]


@pytest.mark.parametrize("second", ["MUG", "mug", " Mug "])
def test_two_lines_of_one_sku_are_refused_in_whatever_case(
    customer: User, client_of: ClientOf, mug: Variant, second: str
) -> None:
    problem = refusal(client_of(customer), body_for(("MUG", 1), (second, 2)))

    assert problem["code"] == "duplicate_sku"
    assert fields_of(problem) == ["items.1.sku"]


def test_an_empty_order_is_refused(customer: User, client_of: ClientOf) -> None:
    problem = refusal(client_of(customer), body_for())

    assert problem["code"] == "validation_error"
    assert fields_of(problem) == ["items"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"items": None}, "items"),
        ({"items": "MUG"}, "items"),
        ({"items": ["MUG"]}, "items.0"),
        ({"items": [{"sku": "MUG", "quantity": 1, "price": "0.01"}]}, "items.0.price"),
        ({"items": [{"sku": 5, "quantity": 1}]}, "items.0.sku"),
        ({"items": [{"sku": "", "quantity": 1}]}, "items.0.sku"),
        ({"items": [{"sku": "M" * 65, "quantity": 1}]}, "items.0.sku"),
        ({"payment_method": "cheque"}, "payment_method"),
        ({"payment_method": None}, "payment_method"),
        ({"payment_method": ["cash"]}, "payment_method"),
        ({"shipping": None}, "shipping"),
        ({"shipping": "economic"}, "shipping"),
        ({"shipping": {"method": "rocket", "address": ADDRESS}}, "shipping.method"),
        ({"shipping": {"method": "economic"}}, "shipping.address"),
        ({"shipping": {"method": "economic", "address": ADDRESS, "speed": 1}}, "shipping.speed"),
        ({"billing_address": {}}, "billing_address.name"),
        ({"billing_address": "here"}, "billing_address"),
        ({"note": "x" * 1001}, "note"),
        ({"note": "a\u0007bell"}, "note"),
        ({"note": 7}, "note"),
        ({"expected_total": 17.8}, "expected_total"),
        ({"expected_total": "1e400"}, "expected_total"),
        ({"expected_total": "NaN"}, "expected_total"),
        ({"discount": "5.00"}, "discount"),
    ],
)
def test_a_wrong_field_is_named(
    customer: User, client_of: ClientOf, mug: Variant, changes: dict[str, Any], field: str
) -> None:
    problem = refusal(client_of(customer), body_for(("MUG", 1), **changes))

    assert problem["code"] == "validation_error"
    assert field in fields_of(problem)


@pytest.mark.parametrize(
    "email",
    [
        "no address",
        "a@example.com\nBcc: b@example.com",
        f"{'a' * 60}@{'b' * 250}.com",
        5,
        f"a@{'.'.join(['İ' * 20] * 11)}.com",  # each of these letters is two in small
        "a@\ua7cb.com",  # PostgreSQL may know its small letter, and Python does not
    ],
)
def test_a_guest_gives_an_address_that_can_be_kept(guest: APIClient, mug: Variant, email: Any) -> None:
    assert set(fields_of(refusal(guest, body_for(("MUG", 1), email=email)))) == {"email"}


@pytest.mark.parametrize("field", ["name", "line1", "city", "postal_code", "country"])
@pytest.mark.parametrize("value", [None, "", "   ", "a\nb", "a\u0085b", "a\u2028b", 5, "x" * 200])
def test_an_address_needs_its_required_fields_as_one_line_texts(
    customer: User, client_of: ClientOf, mug: Variant, field: str, value: Any
) -> None:
    address = ADDRESS | {field: value}
    problem = refusal(client_of(customer), body_for(("MUG", 1), shipping={"method": "urgent", "address": address}))

    assert fields_of(problem) == [f"shipping.address.{field}"]


@pytest.mark.parametrize("country", ["de", "Germany", "DEU", "XX", "EU", "UK"])
def test_a_country_is_an_iso_3166_code(customer: User, client_of: ClientOf, mug: Variant, country: str) -> None:
    shipping = {"method": "urgent", "address": ADDRESS | {"country": country}}
    problem = refusal(client_of(customer), body_for(("MUG", 1), shipping=shipping))

    assert problem["errors"][0]["code"] in ("country", "max_length")


def test_a_postal_code_is_one_of_its_country(customer: User, client_of: ClientOf, mug: Variant) -> None:
    shipping = {"method": "urgent", "address": ADDRESS | {"country": "NL"}}
    body = body_for(("MUG", 1), shipping=shipping, billing_address=ADDRESS | {"postal_code": ""})
    problem = refusal(client_of(customer), body)

    assert {(error["field"], error["code"]) for error in problem["errors"]} == {
        ("shipping.address.postal_code", "postal_code"),
        ("billing_address.postal_code", "required"),
    }


def test_an_unknown_sku_is_told_from_a_known_one(customer: User, client_of: ClientOf, mug: Variant) -> None:
    problem = refusal(client_of(customer), body_for(("MUG", 1), ("NO-SUCH", 1)), 404)

    assert problem["code"] == "product_not_found"
    assert "NO-SUCH" in problem["detail"]
    assert "MUG" not in problem["detail"].replace("NO-SUCH", "")


def test_too_little_stock_names_what_is_left(
    customer: User, client_of: ClientOf, mug: Variant, make_variant: MakeVariant
) -> None:
    make_variant("CUP", stock=0)
    problem = refusal(client_of(customer), body_for(("MUG", 11), ("CUP", 1)), 409)

    assert problem["code"] == "out_of_stock"
    assert problem["items"] == [
        {"sku": "CUP", "requested": 1, "available": 0},
        {"sku": "MUG", "requested": 11, "available": 10},
    ]


def test_another_total_than_expected_is_refused(customer: User, client_of: ClientOf, mug: Variant) -> None:
    problem = refusal(client_of(customer), body_for(("MUG", 1), expected_total="12.90"), 409)

    assert problem["code"] == "price_changed"
    assert (problem["total"], problem["currency"]) == ("17.80", "EUR")


def test_mixed_currencies_are_refused(
    customer: User, client_of: ClientOf, mug: Variant, make_variant: MakeVariant
) -> None:
    make_variant("YEN", price="500", currency="JPY")
    problem = refusal(client_of(customer), body_for(("MUG", 1), ("YEN", 1)))

    assert problem["code"] == "mixed_currencies"


def test_a_currency_that_shipping_has_no_price_in_is_refused(
    customer: User, client_of: ClientOf, make_variant: MakeVariant
) -> None:
    make_variant("YEN", price="500", currency="JPY")
    problem = refusal(client_of(customer), body_for(("YEN", 1)))

    assert problem["code"] == "currency_not_supported"


def test_a_sum_beyond_all_orders_is_refused(customer: User, client_of: ClientOf, make_variant: MakeVariant) -> None:
    make_variant("SHIP", price="99999999999", stock=1_000_000)
    problem = refusal(client_of(customer), body_for(("SHIP", 1_000_000)))

    assert problem["errors"][0]["code"] == "amount_too_large"


@pytest.mark.parametrize(
    ("body", "code", "left"),
    [
        (body_for(("NO-SUCH", 2), email="g@example.com"), "product_not_found", {}),
        (body_for(("MUG", 99), email="g@example.com"), "out_of_stock", {"available": 10}),
        (body_for(("MUG", 1), email="g@example.com", expected_total="1.00"), "price_changed", {}),
    ],
)
def test_a_refusal_is_recorded_for_the_audit(
    guest: APIClient, mug: Variant, body: dict[str, Any], code: str, left: dict[str, int]
) -> None:
    problem = guest.post("/orders", body, headers={"X-Request-ID": "request-4711"}).json()

    event = Event.objects.get(type="OrderRejected")
    assert event.data == {
        "code": code,
        "reason": problem["detail"],
        "request_id": "request-4711",
        "items": [item | left for item in body["items"]],
    }
    assert not Event.objects.filter(type="OrderCreated").exists()


def test_a_refusal_under_the_longest_request_id_is_recorded_too(guest: APIClient, mug: Variant) -> None:
    body = body_for(("NO-SUCH", 1), email="g@example.com")

    answer = guest.post("/orders", body, headers={"X-Request-ID": "x" * 128})

    assert answer.status_code == 404
    assert Event.objects.get(type="OrderRejected").subject == f"request/{'x' * 128}"


def test_the_record_of_the_largest_refusal_fits_into_one_message(guest: APIClient, mug: Variant) -> None:
    items = [(f"{number:04}" + "🦆" * 60, 1) for number in range(1000)]

    assert guest.post("/orders", body_for(*items, email="g@example.com")).status_code == 404

    event = Event.objects.get(type="OrderRejected")
    event.position = 1
    assert len(event.data["items"]) == 100
    assert to_wire(event)  # raises for what no message can hold


def test_what_the_client_got_wrong_is_no_audit_event(guest: APIClient, mug: Variant) -> None:
    guest.post("/orders", body_for(("MUG", 0), email="g@example.com"))

    assert not Event.objects.filter(type="OrderRejected").exists()


def test_a_price_change_after_the_refusal_is_ordered_with_the_new_total(
    customer: User, client_of: ClientOf, mug: Variant
) -> None:
    Variant.objects.update(price=Decimal("15.00"))
    client = client_of(customer)
    key = {"Idempotency-Key": "one-key"}
    told = client.post("/orders", body_for(("MUG", 1), expected_total="17.80"), headers=key).json()["total"]

    answer = client.post("/orders", body_for(("MUG", 1), expected_total=told), headers=key)

    assert answer.status_code == 201
    assert answer.json()["totals"]["total"] == "19.90"


def test_a_choice_that_there_is_not_and_what_is_no_object_are_answered_with_what_can_be_given(
    customer: User, client_of: ClientOf, mug: Variant
) -> None:
    problem = refusal(
        client_of(customer), body_for(("MUG", 1), payment_method="paypal", billing_address=["Elm Street"])
    )

    assert {error["field"]: error["message"] for error in problem["errors"]} == {
        "payment_method": f"Give one of these: {', '.join(Order.PaymentMethod.values)}.",
        "billing_address": "Give a JSON object.",
    }
