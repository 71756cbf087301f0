"""The orders' pages in the admin: they show everything, and change an order by its services alone."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Variant
from events.models import Event
from orders.models import Order, ShippingMethod
from orders.tests.conftest import ADDRESS, body_for

ClientOf = Callable[[User], APIClient]


@pytest.fixture
def page(staff: User) -> Client:
    client = Client()
    client.force_login(staff, backend="accounts.backends.CognitoBackend")
    return client


@pytest.fixture
def order(guest: APIClient, mug: Variant) -> Order:
    address = ADDRESS | {"name": "<b>Gina</b>", "region": "Hamburg"}
    body = body_for(
        ("MUG", 3), email="gina@example.com", note="Ring twice", shipping={"method": "urgent", "address": address}
    )
    return Order.objects.get(id=guest.post("/orders", body).json()["id"])


def test_the_page_shows_lines_totals_addresses_and_history(page: Client, order: Order) -> None:
    html = page.get(f"/admin/orders/order/{order.id}/change/").content.decode()

    for text in (order.number, "gina@example.com", "Ring twice", "12.90 EUR", "38.70 EUR", "51.60 EUR", "The mug"):
        assert text in html, text
    assert "&lt;b&gt;Gina&lt;/b&gt;" in html
    assert "<b>Gina</b>" not in html
    assert "20457 Hamburg" in html
    assert 'name="_save"' not in html
    assert f"/admin/orders/order/{order.id}/confirm/" in html
    assert f"/admin/orders/order/{order.id}/cancel/" in html


def test_the_list_finds_an_order(page: Client, order: Order) -> None:
    for query in (f"q={order.number}", "q=gina", "status__exact=pending", "shipping_method__code__exact=urgent"):
        html = page.get(f"/admin/orders/order/?{query}").content.decode()
        assert order.number in html, query
    assert order.number not in page.get("/admin/orders/order/?status__exact=shipped").content.decode()


def test_the_list_costs_the_same_queries_whatever_its_size(
    page: Client, order: Order, guest: APIClient, django_assert_max_num_queries: Any
) -> None:
    counts = []
    for _ in range(2):
        with django_assert_max_num_queries(30) as queries:
            page.get("/admin/orders/order/")
        counts.append(len(queries.captured_queries))
        for number in range(4):
            guest.post("/orders", body_for(("MUG", 1), email=f"g{number}@example.com"))

    assert counts[0] == counts[1]


def test_the_page_of_an_order_costs_the_same_queries_whatever_its_lines(
    page: Client, guest: APIClient, make_variant: Callable[..., Variant], django_assert_max_num_queries: Any
) -> None:
    skus = [make_variant(f"SKU-{number}").sku for number in range(8)]
    counts = []
    for size in (1, 8):
        body = body_for(*[(sku, 1) for sku in skus[:size]], email="g@example.com")
        order = guest.post("/orders", body).json()
        with django_assert_max_num_queries(40) as queries:
            assert page.get(f"/admin/orders/order/{order['id']}/change/").status_code == 200
        counts.append(len(queries.captured_queries))

    assert counts[0] == counts[1]


def test_confirm_runs_the_service(page: Client, order: Order, staff: User) -> None:
    path = f"/admin/orders/order/{order.id}/confirm/"
    assert page.get(path).status_code == 200
    order.refresh_from_db()
    assert order.status == "pending"  # asking is not doing

    answer = page.post(path, {"_form_submitted": "True"})

    order.refresh_from_db()
    assert answer["HX-Redirect"] == f"/admin/orders/order/{order.id}/change/"
    assert order.status == "confirmed"
    assert order.history.get(status="confirmed").by == staff.email
    assert Event.objects.filter(type="OrderConfirmed").count() == 1


def test_cancel_gives_the_stock_back_and_keeps_the_reason(page: Client, order: Order) -> None:
    page.post(f"/admin/orders/order/{order.id}/cancel/", {"reason": "Out of clay", "_form_submitted": "True"})

    order.refresh_from_db()
    assert order.status == "cancelled"
    assert order.history.get(status="cancelled").reason == "Out of clay"
    assert Variant.objects.get().stock == 10


def test_a_page_that_was_left_open_is_told_why_not(page: Client, order: Order) -> None:
    page.post(f"/admin/orders/order/{order.id}/cancel/", {"reason": "", "_form_submitted": "True"})
    page.post(f"/admin/orders/order/{order.id}/confirm/", {"_form_submitted": "True"})

    html = page.get(f"/admin/orders/order/{order.id}/change/").content.decode()
    assert "you cannot make it confirmed" in html
    assert f"/admin/orders/order/{order.id}/confirm/" not in html
    assert Variant.objects.get().stock == 10


def test_orders_are_neither_made_nor_deleted_nor_edited_here(page: Client, order: Order) -> None:
    assert page.get("/admin/orders/order/add/").status_code == 403
    assert page.post(f"/admin/orders/order/{order.id}/delete/", {"post": "yes"}).status_code == 403
    assert page.post(f"/admin/orders/order/{order.id}/change/", {"email": "x@example.com"}).status_code == 403


def test_customers_do_not_get_in(customer: User, order: Order) -> None:
    client = Client()
    client.force_login(customer, backend="accounts.backends.CognitoBackend")

    assert client.post(f"/admin/orders/order/{order.id}/confirm/", {"_form_submitted": "True"}).status_code == 302
    order.refresh_from_db()
    assert order.status == "pending"


@pytest.mark.parametrize(
    ("field", "value"),
    [("price", "4.905"), ("price", "-1"), ("free_from", "75.001"), ("free_from", "-1"), ("tax_rate", "-1")],
)
def test_a_shipping_price_that_no_order_could_have_is_refused(
    page: Client, order: Order, field: str, value: str
) -> None:
    form = {"name": "Urgent", "price": "15.00", "free_from": "", "tax_rate": "19"} | {field: value}
    answer = page.post("/admin/orders/shippingmethod/urgent/change/", form)

    assert answer.status_code == 200
    assert ShippingMethod.objects.get(code="urgent").price == Decimal("12.90")


def test_shipping_prices_are_shown_as_all_prices_are(page: Client, order: Order) -> None:
    ShippingMethod.objects.create(code="courier", name="Courier", price=Decimal("20"), free_from=Decimal("150"))
    html = page.get("/admin/orders/shippingmethod/").content.decode()

    for text in ("12.90 EUR", "20.00 EUR", "150.00 EUR"):
        assert text in html, text
    assert "12.900" not in html


def test_a_new_shipping_price_holds_for_the_next_order(page: Client, order: Order, guest: APIClient) -> None:
    form = {"name": "Urgent", "price": "15.00", "free_from": "", "tax_rate": "19"}
    answer = page.post("/admin/orders/shippingmethod/urgent/change/", form)

    assert answer.status_code == 302
    assert ShippingMethod.objects.get(code="urgent").price == 15
    body = body_for(("MUG", 1), email="g@example.com", shipping={"method": "urgent", "address": ADDRESS})
    assert guest.post("/orders", body).json()["totals"]["shipping"] == "15.00"
    order.refresh_from_db()
    assert f"{order.shipping_total:.2f}" == "12.90"
