"""What happens to orders that nobody confirms, as beat asks for it every minute."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import StockMovement, Variant
from events.models import Event
from orders.cancelling import services
from orders.models import Order
from orders.tasks import expire_orders
from orders.tests.conftest import at_once, body_for

ClientOf = Callable[[User], APIClient]
Overdue = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def overdue(customer: User, client_of: ClientOf, mug: Variant) -> Overdue:
    """Carla's orders for a mug each, placed longer ago than any may stay pending; the first is the oldest."""

    def make(count: int = 1) -> list[dict[str, Any]]:
        client, long_ago = client_of(customer), timezone.now() - timedelta(days=3)
        placed = [client.post("/orders", body_for(("MUG", 1))).json() for _ in range(count)]
        for number, order in enumerate(placed):
            Order.objects.filter(id=order["id"]).update(created_at=long_ago + timedelta(hours=number))
        return placed

    return make


def statuses() -> list[str]:
    """The oldest order's first."""
    return list(Order.objects.order_by("created_at").values_list("status", flat=True))


def stock() -> int:
    return Variant.objects.get(sku="MUG").stock


def spoil(order: dict[str, Any]) -> None:
    """Leaves a row behind that keeps the order from being cancelled, as no call of ours would."""
    Order.objects.get(id=order["id"]).history.create(status="cancelled", by="somebody")


def test_the_buyer_reads_that_the_shop_called_it_off_and_why(
    overdue: Overdue, customer: User, staff: User, client_of: ClientOf, settings: Settings
) -> None:
    settings.ORDER_EXPIRY_HOURS = 48
    (placed,) = overdue()

    expire_orders()

    for reader in (customer, staff):
        order = client_of(reader).get(f"/orders/{placed['id']}").json()
        assert order["status"] == "cancelled"
        assert order["history"][1]["by"] == "system"
        assert order["history"][1]["reason"] == "Not confirmed within 48 hours."
    event = Event.objects.get(type="OrderCancelled")
    assert (event.data["order_id"], event.data["reason"]) == (placed["id"], "Not confirmed within 48 hours.")
    assert event.customer_id == customer.id
    assert stock() == 10
    movement = StockMovement.objects.get(reason="cancel")
    assert (movement.delta, movement.by) == (1, "system")


def test_an_order_that_is_young_or_confirmed_stays(
    overdue: Overdue, customer: User, staff: User, client_of: ClientOf
) -> None:
    (confirmed,) = overdue()
    client_of(staff).post(f"/orders/{confirmed['id']}/confirm")
    client_of(customer).post("/orders", body_for(("MUG", 1)))

    expire_orders()

    assert statuses() == ["confirmed", "pending"]
    assert stock() == 8


def test_a_second_run_finds_nothing_more_to_do(overdue: Overdue) -> None:
    overdue(2)
    expire_orders()

    expire_orders()

    assert Event.objects.filter(type="OrderCancelled").count() == 2
    assert stock() == 10


def test_one_run_takes_the_oldest_and_leaves_the_rest_to_the_next(
    overdue: Overdue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "EXPIRED_AT_ONCE", 2)
    overdue(3)

    expire_orders()
    assert statuses() == ["cancelled", "cancelled", "pending"]

    expire_orders()
    assert statuses() == ["cancelled"] * 3


@pytest.mark.django_db(transaction=True)
def test_an_order_that_cannot_expire_keeps_none_of_the_others(
    overdue: Overdue, caplog: pytest.LogCaptureFixture
) -> None:
    _, second, third, _ = overdue(4)
    spoil(second)
    spoil(third)

    with pytest.raises(services.OrdersNotExpired, match=f"2 did not expire.*{second['number']}, {third['number']}"):
        expire_orders()

    assert statuses() == ["cancelled", "pending", "pending", "cancelled"]
    assert stock() == 8
    failures = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [record.getMessage() for record in failures] == [
        f"order {order['number']} did not expire" for order in (second, third)
    ]
    assert all(record.exc_info for record in failures)


@pytest.mark.django_db(transaction=True)
def test_an_order_that_somebody_holds_waits_for_the_next_run(overdue: Overdue) -> None:
    held, _ = overdue(2)

    def run() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '10s'")  # whoever waits for the lock fails, instead of for ever
        expire_orders()

    with transaction.atomic():
        Order.objects.select_for_update().get(id=held["id"])
        at_once([run])
        assert statuses() == ["pending", "cancelled"]

    expire_orders()
    assert statuses() == ["cancelled", "cancelled"]


@pytest.mark.django_db(transaction=True)
def test_runs_at_once_expire_each_order_once(overdue: Overdue) -> None:
    overdue(8)

    at_once([expire_orders] * 4)

    assert statuses() == ["cancelled"] * 8
    assert stock() == 10
    assert Event.objects.filter(type="OrderCancelled").count() == 8
    assert StockMovement.objects.filter(reason="cancel").count() == 8


@pytest.mark.django_db(transaction=True)
def test_an_order_that_staff_confirm_meanwhile_is_confirmed_or_expired(
    overdue: Overdue, staff: User, client_of: ClientOf
) -> None:
    placed = overdue(6)
    clients = [client_of(staff) for _ in placed]
    confirms = [
        lambda client=client, order=order: client.post(f"/orders/{order['id']}/confirm").status_code
        for client, order in zip(clients, placed, strict=True)
    ]

    calls: list[Callable[[], Any]] = [*confirms, expire_orders]
    answers = at_once(calls)[:6]

    expire_orders()  # what a confirmation held while it was refused
    after = statuses()
    assert [{200: "confirmed", 409: "cancelled"}[answer] for answer in answers] == after
    assert stock() == 10 - after.count("confirmed")
    assert Event.objects.filter(type="OrderConfirmed").count() == after.count("confirmed")
    assert Event.objects.filter(type="OrderCancelled").count() == after.count("cancelled")


MANY_ORDERS = """
INSERT INTO orders_order (id, number, status, email, currency, payment_method, shipping_method_id, shipping_address,
    note, carrier, tracking_number, items_total, shipping_total, shipping_tax_rate, tax_total, total, refunded_total,
    version, created_at, updated_at)
SELECT gen_random_uuid(), 'old-' || n, CASE WHEN n %% 100 = 0 THEN 'pending' ELSE 'delivered' END, 'a@example.com',
    'EUR', 'cash', 'economic', '{}', '', '', '', 1, 0, 0, 0, 1, 0, 1, now() - n * interval '1 minute', now()
FROM generate_series(1, %s) AS n
"""


def test_among_many_orders_the_overdue_are_found_by_an_index(mug: Variant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "EXPIRED_AT_ONCE", 3)
    with connection.cursor() as cursor:
        cursor.execute(MANY_ORDERS, [20_000])
        cursor.execute("ANALYZE orders_order")

    with CaptureQueriesContext(connection) as asked:
        expire_orders()

    assert Order.objects.filter(status="cancelled").count() == 3
    (search,) = [query["sql"] for query in asked if "LIMIT 3" in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {search}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "order_by_status" in plan
    assert "Sort" not in plan
