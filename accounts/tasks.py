"""What beat asks of the accounts."""

from __future__ import annotations

import logging

from celery import shared_task

from accounts.own_data import exports

log = logging.getLogger(__name__)


@shared_task
def forget_old_exports() -> None:
    """Deletes the files with people's own data that are a day old. Safe to run at any time, and twice."""
    log.info("deleted %d files with people's own data", exports.forget_old())
