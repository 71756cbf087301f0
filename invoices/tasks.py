"""What beat asks of the invoices."""

from __future__ import annotations

from celery import shared_task

from invoices.keeping import services


@shared_task
def forget_old_hand_outs() -> None:
    services.forget_old_hand_outs()
