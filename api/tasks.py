"""What beat asks of `api`."""

from __future__ import annotations

import logging

from celery import shared_task

from api import idempotency

log = logging.getLogger(__name__)


@shared_task
def forget_old_keys() -> None:
    """Deletes the idempotency keys that are no longer honoured. Safe to run at any time, and twice."""
    log.info("forgot %d idempotency keys", idempotency.forget_old_keys())
