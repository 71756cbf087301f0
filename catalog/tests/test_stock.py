"""Stock as orders take it: all or nothing, never below zero, never a deadlock."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from uuid_utils.compat import uuid7

from catalog import stock
from catalog.errors import OutOfStock, ProductNotFound
from catalog.models import Product, StockMovement, Variant
from catalog.products.services import VariantFacts, create_product, save_product
from events.models import Event

pytestmark = pytest.mark.django_db


def variant(sku: str, units: int, status: str = Product.Status.ACTIVE, *, low_stock: int | None = None) -> Variant:
    product = Product.objects.create(code=sku, name=sku, slug=sku.lower(), currency="EUR", status=status)
    return Variant.objects.create(product=product, sku=sku, price=Decimal("12.90"), stock=units, low_stock=low_stock)


def units(sku: str) -> int:
    return Variant.objects.get(sku=sku).stock


def test_it_takes_what_an_order_asks_for_and_writes_the_ledger() -> None:
    variant("A", 5), variant("B", 3)
    order_id = uuid7()
    taken = stock.take(items={"B": 3, "A": 2}, order_id=order_id, by="carla@example.com")
    assert (units("A"), units("B")) == (3, 0)
    assert {sku: row.stock for sku, row in taken.items()} == {"A": 3, "B": 0}
    ledger = StockMovement.objects.filter(order_id=order_id).order_by("id")
    assert [(row.variant.sku, row.delta, row.balance, row.reason, row.by) for row in ledger] == [
        ("A", -2, 3, "order", "carla@example.com"),
        ("B", -3, 0, "order", "carla@example.com"),
    ]


def test_it_takes_nothing_where_one_sku_is_short_and_names_every_short_one() -> None:
    variant("A", 5), variant("B", 3), variant("C", 0)
    with pytest.raises(OutOfStock) as refused:
        stock.take(items={"A": 1, "B": 4, "C": 1}, order_id=uuid7(), by="")
    assert refused.value.extra == {
        "items": [{"sku": "B", "requested": 4, "available": 3}, {"sku": "C", "requested": 1, "available": 0}]
    }
    assert (units("A"), units("B")) == (5, 3)
    assert not StockMovement.objects.exists()


@pytest.mark.parametrize("status", [Product.Status.DRAFT, Product.Status.ARCHIVED])
def test_it_sells_nothing_that_is_not_for_sale(status: Product.Status) -> None:
    variant("A", 5), variant("HIDDEN", 5, status)
    with pytest.raises(ProductNotFound) as refused:
        stock.take(items={"A": 1, "HIDDEN": 1, "NONE": 1}, order_id=uuid7(), by="")
    assert refused.value.extra == {"skus": ["HIDDEN", "NONE"]}
    assert units("A") == 5


def test_it_gives_back_even_what_is_no_longer_for_sale() -> None:
    row = variant("A", 5)
    order_id = uuid7()
    stock.take(items={"A": 2}, order_id=order_id, by="")
    Product.objects.filter(id=row.product_id).update(status=Product.Status.ARCHIVED)
    stock.give_back(items={"A": 2}, order_id=order_id, by="stella@example.com")
    assert units("A") == 5
    assert [(move.delta, move.reason) for move in StockMovement.objects.order_by("id")] == [
        (-2, "order"),
        (2, "cancel"),
    ]


def test_it_asks_the_database_as_often_for_many_skus_as_for_one() -> None:
    for number in range(30):
        variant(f"S{number}", 10)
    with CaptureQueriesContext(connection) as one:
        stock.take(items={"S0": 1}, order_id=uuid7(), by="")
    with CaptureQueriesContext(connection) as many:
        stock.take(items={f"S{number}": 1 for number in range(30)}, order_id=uuid7(), by="")
    assert len(one) == len(many) == 2


def test_it_tells_of_all_that_run_low_in_one_statement_and_in_the_order_of_their_skus() -> None:
    skus = [f"S{number:02}" for number in range(31)]
    for sku in reversed(skus):
        variant(sku, 10, low_stock=9)
    with CaptureQueriesContext(connection) as one:
        stock.take(items={skus[0]: 1}, order_id=uuid7(), by="")
    with CaptureQueriesContext(connection) as many:
        stock.take(items=dict.fromkeys(skus[:0:-1], 1), order_id=uuid7(), by="")
    assert len(one) == len(many) == 3
    told = Event.objects.filter(type="StockLow").order_by("id")
    assert [(event.data["sku"], event.data["balance"]) for event in told] == [(sku, 9) for sku in skus]


@pytest.mark.django_db(transaction=True)
def test_it_sells_each_unit_once_however_many_ask_at_once_and_in_whatever_order() -> None:
    variant("HOT-A", 20), variant("HOT-B", 20)
    start = threading.Barrier(8)

    def buyer(number: int) -> int:
        start.wait(timeout=30)
        sold = 0
        try:
            for _ in range(8):
                items = {"HOT-A": 1, "HOT-B": 1} if number % 2 else {"HOT-B": 1, "HOT-A": 1}
                try:
                    with transaction.atomic():
                        stock.take(items=items, order_id=uuid7(), by="")
                    sold += 1
                except OutOfStock:
                    continue
        finally:
            connection.close()
        return sold

    with ThreadPoolExecutor(8) as pool:
        sold = sum(pool.map(buyer, range(8)))
    assert sold == 20
    assert (units("HOT-A"), units("HOT-B")) == (0, 0)
    orders: set[UUID | None] = set(StockMovement.objects.values_list("order_id", flat=True))
    assert len(orders) == 20


@pytest.mark.django_db(transaction=True)
def test_a_product_is_saved_and_sold_at_once_without_a_deadlock() -> None:
    facts = [VariantFacts(sku=sku, price=Decimal("5.00"), stock=1000) for sku in ("Z", "M", "A")]
    product = create_product(code="P", name="Made in the other order", variants=facts, by="test")
    start = threading.Barrier(2)

    def save() -> None:
        saved = Product.objects.get(id=product.id)
        save_product(product=saved, variants=list(saved.variants.order_by("id")), by="test")

    def sell() -> None:
        with transaction.atomic():
            stock.take(items={"A": 1, "M": 1, "Z": 1}, order_id=uuid7(), by="")

    def often(work: Callable[[], None]) -> None:
        start.wait(timeout=30)
        try:
            for _ in range(60):
                work()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(often, (save, sell)))
    assert (units("A"), units("M"), units("Z")) == (940, 940, 940)
