"""`GET /orders/export`: orders as a file, whole, harmless to open, and in memory of one size."""

from __future__ import annotations

import csv
import io
import tracemalloc
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Variant
from orders.models import Order, OrderLine
from orders.tests.conftest import ADDRESS, MakeVariant, body_for

ClientOf = Callable[[User], APIClient]


@pytest.fixture
def client(staff: User, client_of: ClientOf) -> APIClient:
    return client_of(staff)


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def exported(client: APIClient, **filters: str) -> list[dict[str, str]]:
    answer = client.get("/orders/export", filters)
    assert answer.status_code == 200, answer.getvalue()
    return table(answer.getvalue())


def streamed(client: APIClient) -> Iterator[bytes]:
    answer: Any = client.get("/orders/export")
    assert answer.status_code == 200
    return iter(answer.streaming_content)


def place(client: APIClient, *items: tuple[str, int], **changes: Any) -> dict[str, Any]:
    answer = client.post("/orders", body_for(*items, **changes))
    assert answer.status_code == 201, answer.content
    order: dict[str, Any] = answer.json()
    return order


def many(variant: Variant, count: int) -> None:
    """So many orders more, as they lie in the table, without the time that placing each of them would take."""
    first = 500_000 + Order.objects.count()
    orders = [
        Order(
            number=f"2026-{number:06}",
            email="g@example.com",
            currency="EUR",
            payment_method="cash",
            shipping_method_id="economic",
            shipping_address=ADDRESS,
            items_total=Decimal(10),
            shipping_total=Decimal(0),
            tax_total=Decimal(0),
            total=Decimal(10),
        )
        for number in range(first, first + count)
    ]
    Order.objects.bulk_create(orders)
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            variant=variant,
            position=1,
            sku=variant.sku,
            name="The mug",
            quantity=1,
            unit_price=Decimal(10),
            tax_rate=Decimal(0),
            tax=Decimal(0),
            total=Decimal(10),
        )
        for order in orders
    )


def test_a_row_says_what_the_order_comes_to_and_what_is_in_it(
    client: APIClient, guest: APIClient, make_variant: MakeVariant
) -> None:
    make_variant("MUG", price="12.90")
    make_variant("CUP", price="5.00")
    order = place(guest, ("MUG", 2), ("CUP", 1), email="g@example.com")

    assert exported(client) == [
        {
            "number": order["number"],
            "id": order["id"],
            "status": "pending",
            "created_at": order["created_at"],
            "email": "g@example.com",
            "currency": "EUR",
            "items": "30.80",
            "shipping": "4.90",
            "tax": order["totals"]["tax"],
            "total": "35.70",
            "refunded": "0.00",
            "payment_method": "credit_card",
            "shipping_method": "economic",
            "country": "DE",
            "carrier": "",
            "tracking_number": "",
            "lines": "2 × MUG; 1 × CUP",
        }
    ]


def test_it_is_a_file_to_save_that_nobody_keeps(client: APIClient, db: None) -> None:
    answer = client.get("/orders/export", headers={"Accept": "text/csv"})

    assert answer.streaming
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="orders.csv"'
    assert answer["Cache-Control"] == "private, no-store"
    assert answer.getvalue().startswith(b"number,id,status,")


def test_no_cell_is_a_formula(client: APIClient, guest: APIClient, mug: Variant) -> None:
    place(guest, ("MUG", 1), email="=cmd@example.com")
    Order.objects.update(carrier="@SUM(A1)", tracking_number="+49 40 1")

    (row,) = exported(client)

    assert (row["email"], row["carrier"], row["tracking_number"]) == ("'=cmd@example.com", "'@SUM(A1)", "'+49 40 1")


def test_it_takes_the_filters_of_the_list(client: APIClient, guest: APIClient, make_variant: MakeVariant) -> None:
    make_variant("MUG", price="12.90")
    make_variant("CUP", price="50.00")
    mug = place(guest, ("MUG", 1), email="a@example.com")["number"]
    cup = place(guest, ("CUP", 1), email="b@example.com")["number"]

    def numbers(**filters: str) -> list[str]:
        return [row["number"] for row in exported(client, **filters)]

    assert numbers() == [cup, mug]
    assert numbers(sku="mug") == [mug]
    assert numbers(email="b@example.com") == [cup]
    assert numbers(min_total="40") == [cup]
    assert numbers(status="confirmed") == []
    assert numbers(number=mug, created_after="2020-01-01T00:00:00Z") == [mug]


@pytest.mark.parametrize("query", ["status=lost", "limit=5", "cursor=x", "min_total=-1"])
def test_a_wrong_query_is_400(client: APIClient, query: str) -> None:
    answer = client.get(f"/orders/export?{query}", headers={"Accept": "text/csv"})

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


def test_it_is_for_staff(customer: User, client_of: ClientOf, guest: APIClient) -> None:
    assert client_of(customer).get("/orders/export").status_code == 403
    assert guest.get("/orders/export").status_code == 401


@pytest.mark.django_db(transaction=True)
def test_orders_that_come_in_meanwhile_do_no_harm(client: APIClient, guest: APIClient, mug: Variant) -> None:
    many(mug, 1100)
    chunks = streamed(client)
    content = next(chunks)

    late = place(guest, ("MUG", 1), email="g@example.com")["number"]
    Order.objects.filter(number="2026-500000").update(status="cancelled")
    content += b"".join(chunks)

    numbers = [row["number"] for row in table(content)]
    assert numbers == [f"2026-{number}" for number in reversed(range(500_000, 501_100))]
    assert late not in numbers


def test_it_costs_one_query_for_each_five_hundred_orders(
    client: APIClient, mug: Variant, django_assert_num_queries: Any
) -> None:
    many(mug, 1200)

    with django_assert_num_queries(1 + 3):  # the caller, the orders
        assert len(exported(client)) == 1200


def test_it_takes_no_more_memory_for_more_orders(client: APIClient, mug: Variant) -> None:
    def peak(count: int) -> int:
        many(mug, count - Order.objects.count())
        tracemalloc.start()
        rows = sum(chunk.count(b"\n") for chunk in streamed(client))
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert rows == count + 1
        return size

    peak(1)  # what is kept after the first time is no part of it
    of_three_batches = peak(1500)
    assert peak(3000) < 1.3 * of_three_batches
