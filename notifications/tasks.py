"""What beat asks of the mails."""

from __future__ import annotations

from celery import shared_task

from api import metrics
from notifications.mail import waiting
from notifications.metrics import MAILS_WAITING


@shared_task
def measure() -> None:
    metrics.put(MAILS_WAITING, waiting.longest().total_seconds())
