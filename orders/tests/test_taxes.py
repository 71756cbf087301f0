"""The taxes of an order over HTTP: by the country of delivery, and on net prices."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from orders.models import Order, TaxRate
from orders.tests import reference
from orders.tests.conftest import MakeVariant, address_in, body_for

SKUS = {"MUG": ("12.90", "19"), "BOOK": ("7.99", "7"), "GUITAR": ("61.45", "16"), "GIFT": ("0.05", "0")}
"""SKU → price and rate in Germany. There is no rate of 16 % in the table, and none of 0 %."""

PlaceOrder = Callable[..., dict[str, Any]]


@pytest.fixture
def place(guest: APIClient, make_variant: MakeVariant) -> PlaceOrder:
    """Places an order to a country: `place("FR", ("MUG", 2))`. The answer's JSON."""
    for sku, (price, rate) in SKUS.items():
        make_variant(sku, price=price, tax_rate=rate, stock=1_000_000)

    def make(country: str, *items: tuple[str, int], **changes: Any) -> dict[str, Any]:
        shipping = {"method": "economic", "address": address_in(country)}
        answer = guest.post("/orders", body_for(*items, email="g@example.com", shipping=shipping, **changes))
        assert answer.status_code == 201, answer.content
        body: dict[str, Any] = answer.json()
        return body

    return make


def taxes(order: dict[str, Any]) -> list[tuple[str, str]]:
    return [(line["tax_rate"], line["tax"]) for line in order["lines"]]


@pytest.mark.parametrize(
    ("country", "rates", "shipping"),
    [
        ("DE", ["19.00", "7.00", "16.00", "0.00"], "19.00"),
        ("FR", ["20.00", "5.50", "16.00", "0.00"], "20.00"),
        ("DK", ["25.00", "25.00", "16.00", "0.00"], "25.00"),  # no reduced rate: the standard one
        ("US", ["19.00", "7.00", "16.00", "0.00"], "19.00"),  # not in the table: the product's own
    ],
)
def test_each_line_and_the_shipping_are_taxed_as_where_they_go(
    place: PlaceOrder, country: str, rates: list[str], shipping: str
) -> None:
    order = place(country, *((sku, 1) for sku in SKUS))

    assert [line["tax_rate"] for line in order["lines"]] == rates
    assert f"{Order.objects.get(id=order['id']).shipping_tax_rate:.2f}" == shipping
    assert [line["total"] for line in order["lines"]] == ["12.90", "7.99", "61.45", "0.05"], "gross prices stay"


def test_the_tax_contained_is_that_of_the_rate_there(place: PlaceOrder) -> None:
    order = place("FR", ("MUG", 2), ("BOOK", 3))

    assert taxes(order) == [("20.00", "4.30"), ("5.50", "1.25")]  # 25.80 · 20/120, 23.97 · 5.5/105.5 = 1.2496…
    assert order["totals"] == {
        "items": "49.77",
        "shipping": "4.90",
        "tax": "6.37",  # with 0.82 of the shipping: 4.90 · 20/120
        "total": "54.67",
        "refunded": "0.00",
    }


def test_the_billing_address_does_not_count(place: PlaceOrder) -> None:
    order = place("FR", ("MUG", 1), billing_address=address_in("DK"))

    assert taxes(order) == [("20.00", "2.15")]


def test_the_shops_country_says_what_a_rate_means(place: PlaceOrder, settings: Settings) -> None:
    settings.SHOP_COUNTRY = "NL"  # whose standard rate is 21 %, and whose only other is 9 %

    assert taxes(place("FR", ("MUG", 1), ("BOOK", 1))) == [("19.00", "2.06"), ("7.00", "0.52")]


def test_a_rate_that_staff_change_holds_for_the_next_order_and_not_for_the_last(
    place: PlaceOrder, staff: User, client_of: Callable[[User], APIClient]
) -> None:
    before = place("FR", ("MUG", 2))
    page = Client()
    page.force_login(staff, backend="accounts.backends.CognitoBackend")
    french = TaxRate.objects.get(country="FR", kind="standard")
    form = {"country": "FR", "kind": "standard", "rate": "21"}
    assert page.post(f"/admin/orders/taxrate/{french.pk}/change/", form).status_code == 302

    after = place("FR", ("MUG", 2))

    assert taxes(after) == [("21.00", "4.48")]
    again = client_of(staff).get(f"/orders/{before['id']}").json()
    assert (again["lines"], again["totals"]) == (before["lines"], before["totals"])
    assert taxes(again) == [("20.00", "4.30")]


def test_a_net_shop_adds_the_tax_on_each_line_and_on_the_shipping(place: PlaceOrder, settings: Settings) -> None:
    settings.PRICES_INCLUDE_TAX = False

    order = place("DE", ("MUG", 2), ("BOOK", 3))

    assert not order["prices_include_tax"]
    assert [(line["unit_price"], line["tax"], line["total"]) for line in order["lines"]] == [
        ("12.90", "4.90", "30.70"),  # 25.80 · 19 % = 4.902
        ("7.99", "1.68", "25.65"),  # 23.97 · 7 % = 1.6779
    ]
    assert order["totals"] == {
        "items": "56.35",
        "shipping": "5.83",  # 4.90 and 0.93
        "tax": "7.51",
        "total": "62.18",
        "refunded": "0.00",
    }


@pytest.mark.parametrize(("quantity", "shipping"), [(4, "5.83"), (5, "0.00")])
def test_shipping_is_free_from_what_the_items_cost_with_tax(
    place: PlaceOrder, settings: Settings, quantity: int, shipping: str
) -> None:
    """Five mugs are 64.50 net and 76.76 gross; from 75.00 on shipping is free."""
    settings.PRICES_INCLUDE_TAX = False

    assert place("DE", ("MUG", quantity))["totals"]["shipping"] == shipping


def test_an_order_keeps_its_prices_when_the_shop_changes_its_mind(
    place: PlaceOrder, settings: Settings, staff: User, client_of: Callable[[User], APIClient]
) -> None:
    settings.PRICES_INCLUDE_TAX = False
    net = place("DE", ("MUG", 1))
    settings.PRICES_INCLUDE_TAX = True

    again = client_of(staff).get(f"/orders/{net['id']}").json()

    assert (again["prices_include_tax"], again["totals"]) == (False, net["totals"])
    assert place("DE", ("MUG", 1))["prices_include_tax"]


@pytest.mark.usefixtures("place")
def test_the_total_that_a_client_expects_is_gross(settings: Settings, guest: APIClient) -> None:
    settings.PRICES_INCLUDE_TAX = False
    body = body_for(("MUG", 2), email="g@example.com")

    assert guest.post("/orders", body | {"expected_total": "30.70"}).json()["code"] == "price_changed"
    assert guest.post("/orders", body | {"expected_total": "36.53"}).status_code == 201


@examples(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    basket=st.dictionaries(st.sampled_from(sorted(SKUS)), st.integers(1, 40), min_size=1),
    country=st.sampled_from(["DE", "FR", "DK", "FI", "SI", "US"]),
    home=st.sampled_from(["DE", "DE", "DE", "FR"]),
    gross=st.booleans(),
)
def test_whatever_is_ordered_costs_what_fractions_say(
    place: PlaceOrder, settings: Settings, *, basket: dict[str, int], country: str, home: str, gross: bool
) -> None:
    settings.SHOP_COUNTRY, settings.PRICES_INCLUDE_TAX = home, gross
    rates: dict[str, dict[str, Fraction]] = {}
    for row in TaxRate.objects.all():
        rates.setdefault(row.country, {})[row.kind] = Fraction(row.rate)
    lines = [
        (Fraction(price), basket[sku], reference.rate_in(country, Fraction(rate), home, rates))
        for sku, (price, rate) in SKUS.items()
        if sku in basket
    ]
    costs, (items, items_tax) = reference.whole(lines, "EUR", gross=gross)
    unit = Fraction(0) if items >= 75 else Fraction("4.90")
    shipping_rate = reference.rate_in(country, Fraction(19), home, rates)
    shipping, shipping_tax = reference.cost(unit, shipping_rate, "EUR", gross=gross)

    order = place(country, *((sku, basket[sku]) for sku in SKUS if sku in basket))

    assert [(Fraction(line["total"]), Fraction(line["tax"])) for line in order["lines"]] == costs
    expected = {
        "items": items,
        "shipping": shipping,
        "tax": items_tax + shipping_tax,
        "total": items + shipping,
        "refunded": Fraction(0),
    }
    assert {name: Fraction(amount) for name, amount in order["totals"].items()} == expected
    assert all(Decimal(amount).as_tuple().exponent == -2 for amount in order["totals"].values())
