"""Telling of an order that was not placed, after its own transaction has rolled back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from api.context import current_request_id
from api.problems import Problem
from events.outbox import record
from orders.events import OrderRejected
from orders.models import Refusal
from orders.placing.basket import Item

KEPT_FOR = timedelta(days=90)
REASON_LENGTH = 1000
AUDITED_LINES = 100
"""Of a refused order, those first that ran short: what a stranger calls a SKU may be long, and an event must fit into
one message."""


@transaction.atomic
def record_rejection(*, refusal: Problem, items: Sequence[Item]) -> None:
    """Tells the audit bus why an order was refused."""
    short = {item["sku"]: item["available"] for item in refusal.extra.get("items", [])}
    asked: list[dict[str, Any]] = []
    for sku, quantity in sorted(items, key=lambda item: item[0] not in short)[:AUDITED_LINES]:
        left = {"available": short[sku]} if sku in short else {}
        asked.append({"sku": sku, "quantity": quantity} | left)
    reason = refusal.detail[:REASON_LENGTH]
    record(OrderRejected(code=refusal.code, reason=reason, request_id=current_request_id.get(), items=asked))


def forget_old_refusals() -> int:
    """Deletes what the staff page no longer shows, and says how many. The bus's archive and the log keep the events."""
    deleted, _ = Refusal.objects.filter(at__lt=timezone.now() - KEPT_FOR).delete()
    return deleted
