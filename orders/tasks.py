"""What beat asks of the orders."""

from __future__ import annotations

from celery import shared_task

from orders.cancelling import services as cancelling
from orders.refusals import services as refusals


@shared_task
def expire_orders() -> None:
    """Raises OrdersNotExpired, so that it is seen in the dead-letter queue; beat's next one goes on meanwhile."""
    cancelling.expire_orders()


@shared_task
def forget_old_refusals() -> None:
    refusals.forget_old_refusals()
