"""Many buyers at once, over HTTP, with real commits: nothing is oversold, nothing waits for ever."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from rest_framework.test import APIClient

from catalog.models import StockMovement, Variant
from catalog.products.services import update_product
from catalog.tests.racing import wait_for_a_lock
from events.models import Event
from orders.models import Order, OrderLine
from orders.tests.conftest import MakeVariant, at_once, body_for

pytestmark = pytest.mark.django_db(transaction=True)


def guests(count: int) -> list[APIClient]:
    clients = []
    for _ in range(count):
        client = APIClient()
        client.default_format = "json"
        clients.append(client)
    return clients


def test_sixty_buyers_for_twenty_units(make_variant: MakeVariant) -> None:
    make_variant("MUG", stock=20)

    def order(client: APIClient, number: int) -> Callable[[], tuple[int, str]]:
        def call() -> tuple[int, str]:
            answer = client.post("/orders", body_for(("MUG", 1), email=f"buyer{number}@example.com"))
            return answer.status_code, answer.json().get("code", "")

        return call

    answers = Counter(at_once([order(client, number) for number, client in enumerate(guests(60))]))

    assert answers == {(201, ""): 20, (409, "out_of_stock"): 40}
    assert Variant.objects.get().stock == 0
    assert Order.objects.count() == OrderLine.objects.count() == 20
    assert Order.objects.values("number").distinct().count() == 20
    assert Event.objects.filter(type="OrderCreated").count() == 20
    assert Event.objects.filter(type="OrderRejected").count() == 40


def test_baskets_in_any_order_never_deadlock(make_variant: MakeVariant) -> None:
    skus = [make_variant(f"SKU-{number}", stock=1000).sku for number in range(6)]
    chance = random.Random(4711)  # noqa: S311  (the baskets, not a secret)
    baskets = [chance.sample(skus, len(skus)) for _ in range(40)]

    def order(client: APIClient, basket: list[str]) -> Callable[[], int]:
        body = body_for(*[(sku, 2) for sku in basket], email="b@example.com")
        return lambda: int(client.post("/orders", body).status_code)

    answers = at_once([order(client, basket) for client, basket in zip(guests(40), baskets, strict=True)])

    assert Counter(answers) == {201: 40}
    assert set(Variant.objects.values_list("stock", flat=True)) == {920}
    assert StockMovement.objects.filter(reason="order").aggregate(all=Sum("delta"))["all"] == -480


def test_fifty_posts_with_one_key_are_one_order(make_variant: MakeVariant) -> None:
    make_variant("MUG", stock=100)
    body, key = body_for(("MUG", 1), email="b@example.com"), {"Idempotency-Key": "the-one"}

    def order(client: APIClient) -> Callable[[], tuple[int, bytes]]:
        def call() -> tuple[int, bytes]:
            answer = client.post("/orders", body, headers=key)
            return answer.status_code, answer.content

        return call

    answers = at_once([order(client) for client in guests(50)])

    assert {status for status, _ in answers} <= {201, 409}
    assert len({content for status, content in answers if status == 201}) == 1
    assert all(b"idempotency_key_in_flight" in content for status, content in answers if status == 409)
    assert Order.objects.count() == 1
    assert Variant.objects.get().stock == 99

    replay = guests(1)[0].post("/orders", body, headers=key)
    assert replay["Idempotency-Replayed"] == "true"
    assert replay["Location"] == f"/orders/{Order.objects.get().id}"
    assert (201, replay.content) in answers


def ordered_while_it_changes(mug: Variant, facts: Mapping[str, Any]) -> Any:
    """The answer to an order for a mug that waits for staff, who change it and commit."""
    (client,) = guests(1)

    def order() -> Any:
        try:
            return client.post("/orders", body_for(("MUG", 1), email="b@example.com"))
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            update_product(product_id=mug.product_id, facts=facts, by="stella@example.com")
            answer = pool.submit(order)
            wait_for_a_lock()
        return answer.result(timeout=60)


def test_an_order_that_waited_for_a_change_of_its_product_has_all_of_it(make_variant: MakeVariant) -> None:
    mug = make_variant("MUG", price="107.00", tax_rate="7")

    changed = {"price": Decimal(119), "tax_rate": Decimal(19), "name": "A mug at the full rate"}
    answer = ordered_while_it_changes(mug, changed)

    assert answer.status_code == 201
    line = OrderLine.objects.get()
    assert {"price": line.unit_price, "tax_rate": line.tax_rate, "name": line.name} == changed
    assert line.tax == 19


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [({"status": "archived"}, (404, "product_not_found")), ({"currency": "USD"}, (400, "currency_not_supported"))],
)
def test_an_order_that_waited_is_refused_for_what_its_product_has_become(
    make_variant: MakeVariant, facts: Mapping[str, Any], refusal: tuple[int, str]
) -> None:
    answer = ordered_while_it_changes(make_variant("MUG", stock=10), facts)

    assert (answer.status_code, answer.json()["code"]) == refusal
    assert Variant.objects.get().stock == 10
    assert not Order.objects.exists()
    assert not StockMovement.objects.filter(reason="order").exists()
