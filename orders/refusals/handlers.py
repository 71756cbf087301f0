"""What is kept of a refused order, for the staff page of refusals."""

from __future__ import annotations

from events.envelope import Received
from events.inbox import in_transaction
from orders.events import OrderRejected
from orders.models import Refusal


@in_transaction
def keep_refusal(received: Received[OrderRejected]) -> None:
    """One row per refused order, exactly once: it commits with the receipt."""
    event = received.event
    Refusal.objects.create(
        event_id=received.id,
        at=received.time,
        code=event.code,
        reason=event.reason[:1000],
        request_id=event.request_id,
        items=event.items,
        skus=[item["sku"] for item in event.items],
    )
