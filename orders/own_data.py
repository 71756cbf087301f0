"""What the orders store about a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accounts.models import User
from accounts.own_data.parts import in_batches, tells
from orders.models import Order
from orders.reading.presentation import order_json
from orders.reading.queries import with_parts


@tells("orders")
def orders(user: User) -> Iterator[dict[str, Any]]:
    """As the buyer reads them; and what they do not: the shop's own notes, former addresses, orders that were deleted.

    A note's author is left out: it is staff's own data.
    """
    for order in in_batches(with_parts(Order.objects.filter(customer=user)).prefetch_related("address_changes")):
        notes = [{"text": row.text, "for_buyer": row.for_buyer, "at": row.at} for row in order.notes.all()]
        former = [{"kind": row.kind, "address": row.before, "until": row.at} for row in order.address_changes.all()]
        yield order_json(order, None) | {
            "notes": notes,
            "former_addresses": former,
            "deleted_at": order.hidden_at,
        }
