"""Many buyers at once, over HTTP, with real commits: nothing is oversold, nothing waits for ever."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest
from django.db.models import Sum
from rest_framework.test import APIClient

from catalog.models import StockMovement, Variant
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
