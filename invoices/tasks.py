"""What beat asks of the invoices."""

from __future__ import annotations

from celery import shared_task

from api import metrics
from invoices.incoming import services as incoming
from invoices.keeping import services
from invoices.metrics import DOCUMENTS_WAITING


@shared_task
def forget_old_hand_outs() -> None:
    services.forget_old_hand_outs()


@shared_task
def measure() -> None:
    metrics.put(DOCUMENTS_WAITING, services.waiting_for().total_seconds())


@shared_task
def time_out_incoming_documents() -> None:
    incoming.time_out()


@shared_task
def forget_unfinished_documents() -> None:
    incoming.forget_unfinished()
