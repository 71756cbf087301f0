"""`api.postgresql.writing.insert`, by the rows that an order is written with."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from api.postgresql.writing import insert
from events.models import Event
from orders.models import Order, OrderHistory

pytestmark = [pytest.mark.django_db, pytest.mark.made_up_events]
NOON = datetime(2026, 11, 25, 12, 0, 0, 123456, tzinfo=UTC)


def order(**changes: Any) -> Order:
    facts = {
        "number": "2026-000001",
        "email": "zoë@example.com",
        "currency": "EUR",
        "payment_method": "cash",
        "shipping_method_id": "economic",
        "shipping_address": {"name": 'Zoë "Z" O\'Hara \\ 5 %s'},
        "items_total": Decimal("12.905"),
        "shipping_total": Decimal("0"),
        "tax_total": Decimal("2.06"),
        "total": Decimal("12.905"),
        "created_at": NOON,
    }
    return Order(**facts | changes)


def history(of: Order, **changes: Any) -> OrderHistory:
    return OrderHistory(order_id=of.id, status="pending", at=NOON, **changes)


def event(of: Order) -> Event:
    return Event(type="OrderCreated", subject=f"order/{of.id}", data={"lines": [{"quantity": 2}], "none": None})


def test_rows_of_several_models_are_written_by_one_statement_as_they_are() -> None:
    placed = order()
    with CaptureQueriesContext(connection) as queries:
        insert(placed, history(placed, by="zoë"), event(placed))

    assert len(queries) == 1
    found = Order.objects.get()
    assert {f.attname: getattr(found, f.attname) for f in Order._meta.concrete_fields} == {
        f.attname: getattr(placed, f.attname) for f in Order._meta.concrete_fields
    }
    assert OrderHistory.objects.get().at == NOON
    assert Event.objects.get().data == {"lines": [{"quantity": 2}], "none": None}


def test_any_number_of_rows_is_one_statement() -> None:
    placed = order()
    with CaptureQueriesContext(connection) as queries:
        insert(placed, history(placed), OrderHistory(order_id=placed.id, status="confirmed"))

    assert len(queries) == 1
    assert list(placed.history.values_list("status", flat=True)) == ["pending", "confirmed"]


def test_a_row_that_was_written_is_changed_by_the_next_save() -> None:
    placed = order()
    insert(placed)

    placed.note = "a gift"
    placed.save()

    assert Order.objects.get().note == "a gift"


def test_what_is_too_long_is_refused_and_not_cut() -> None:
    with pytest.raises(DataError), transaction.atomic():
        insert(order(number="2" * 21))

    assert not Order.objects.exists()


def test_constraints_hold() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(order(total=Decimal("1.00")))


def test_what_json_cannot_hold_is_refused_by_its_type() -> None:
    with pytest.raises(TypeError, match="bytes"):
        insert(order(shipping_address={"name": b"bytes"}))
