"""The demo shop that a newcomer sees first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from io import StringIO
from itertools import pairwise

import pytest
from django.core.management import call_command
from django.db.models import Count, F, Sum
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from api.problems import Invalid
from catalog.models import Category, Product, StockMovement, Variant
from catalog.products.presentation import product_json
from events.models import Event
from orders.models import Order, OrderHistory, Refund, Shipment, ShippingMethod

pytestmark = pytest.mark.django_db


def load() -> str:
    out = StringIO()
    call_command("load_demo_shop", stdout=out)
    return out.getvalue()


def test_it_fills_an_empty_shop_and_says_so(guest: APIClient) -> None:
    said = load()
    assert said == "Loaded the demo shop: 64 products in 11 categories, 24 past orders.\n"
    filled = Category.objects.annotate(products_in=Count("products")).filter(products_in__gt=0)
    assert filled.count() == 8
    assert Product.objects.filter(description="").count() == 0
    assert {str(rate) for rate in Product.objects.values_list("tax_rate", flat=True)} == {"7.00", "19.00"}
    assert len(guest.get("/products?limit=100&category=kitchen").json()["results"]) == 24
    assert guest.get("/products?in_stock=true&search=stoneware").json()["results"]


def test_it_has_orders_in_every_state_whose_past_is_consistent() -> None:
    load()
    assert set(Order.objects.values_list("status", flat=True)) == set(Order.Status.values)
    assert Order.objects.filter(customer__email="customer@example.com").values("status").distinct().count() == 6
    for order in Order.objects.prefetch_related("history"):
        states = [entry.status for entry in order.history.all()]
        times = [entry.at for entry in order.history.all()]
        assert states[0] == "pending"
        assert states[-1] == order.status
        assert all(after in Order.TRANSITIONS[Order.Status(before)] for before, after in pairwise(states))
        assert times == sorted(times)
        assert times[0] == order.created_at
        assert (order.refunded_total == order.total) is (order.status == "refunded")
        assert Order.objects.filter(id=order.id, lines__shipped__lt=F("lines__quantity")).exists() is (
            order.status in ("pending", "confirmed", "cancelled")
        )


def test_what_followed_its_orders_lies_in_the_past_at_one_time_each() -> None:
    load()
    for order in Order.objects.prefetch_related("history", "shipments", "refunds", "notes"):
        happened = {
            *(entry.at for entry in order.history.all()),
            *(shipment.at for shipment in order.shipments.all()),
            *(refund.at for refund in order.refunds.all()),
            *(note.at for note in order.notes.all()),
        }
        assert order.updated_at == max(happened) < timezone.now()
        assert order.version == len(happened)
        assert happened >= set(Event.objects.filter(subject=f"order/{order.id}").values_list("time", flat=True))
        assert happened >= set(StockMovement.objects.filter(order_id=order.id).values_list("created_at", flat=True))


def test_its_orders_show_what_can_follow_one() -> None:
    load()
    orders = Order.objects.annotate(parcels=Count("shipments", distinct=True))
    assert orders.get(status="confirmed", parcels=1).lines.filter(shipped=0).exists()  # a part of it
    assert orders.filter(status="shipped", parcels=2).exists()
    assert Order.objects.filter(status="delivered", refunded_total__gt=0).exists()
    restocked = Order.objects.filter(status="refunded").annotate(units=Sum("lines__restocked"))
    assert restocked.filter(units=0).exists() is restocked.filter(units__gt=0).exists() is True
    assert set(Order.objects.exclude(notes=None).values_list("notes__for_buyer", flat=True)) == {True, False}
    assert not Shipment.objects.filter(tracking_url="").exists()


def test_its_orders_are_told_so_that_invoices_and_mails_follow() -> None:
    load()
    told = Counter(Event.objects.values_list("type", flat=True))
    reached = Counter(OrderHistory.objects.values_list("status", flat=True))
    assert told == {
        "ProductCreated": 64,
        "OrderCreated": reached["pending"],
        "OrderConfirmed": reached["confirmed"],
        "OrderCancelled": reached["cancelled"],
        "OrderShipped": Shipment.objects.count(),
        "OrderDelivered": reached["delivered"],
        "OrderRefunded": Refund.objects.count(),
    }
    assert Shipment.objects.count() > reached["shipped"] > 0
    product = Product.objects.earliest("created_at")
    event = Event.objects.get(subject=f"product/{product.id}")
    assert event.time == product.created_at
    assert event.data["product"] | {"variants": []} == product_json(product) | {"variants": []}


def test_its_stock_is_what_its_ledger_says() -> None:
    load()
    wrong = Variant.objects.annotate(ledger=Sum("movements__delta")).exclude(stock=F("ledger"))
    assert [variant.sku for variant in wrong if variant.stock or variant.movements.exists()] == []
    assert StockMovement.objects.filter(reason="order").exists()


def test_a_second_load_changes_nothing() -> None:
    load()
    before = (Product.objects.count(), Order.objects.count(), Event.objects.count())
    assert load() == "The shop has a catalog already: nothing was loaded.\n"
    assert (Product.objects.count(), Order.objects.count(), Event.objects.count()) == before


def test_a_load_that_ends_halfway_leaves_nothing_and_the_next_one_loads_all() -> None:
    urgent = ShippingMethod.objects.get(code="urgent")
    ShippingMethod.objects.filter(code="urgent").delete()  # the fourth order needs it
    with pytest.raises(Invalid, match="no such way of shipping"):
        load()
    assert not Product.objects.exists()
    assert not Event.objects.exists()
    urgent.save(force_insert=True)
    assert "64 products" in load()


def test_the_customer_s_sign_in_finds_their_orders(client_of: Callable[[User], APIClient]) -> None:
    load()
    customer = User.objects.get(email="customer@example.com")
    customer.cognito_sub = "sub-demo"
    customer.save(update_fields=["cognito_sub"])
    orders = client_of(customer).get("/orders?limit=100").json()["results"]
    assert len(orders) == Order.objects.filter(customer=customer).count() == 7
