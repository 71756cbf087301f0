"""The Celery app: ordinary tasks on their own queue, raw events on a queue per consumer."""

from __future__ import annotations

import os
import resource
from typing import Any

from celery import Celery
from celery.signals import worker_process_init
from django.conf import settings
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
TRANSPORT_ALIASES["shopsqs"] = "events.transport:Transport"
app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
def limit_memory(**signal: Any) -> None:
    """A document, an image or a file that would take more than its share fails alone, with a MemoryError.

    Otherwise the machine runs out, and its kernel ends a process of its own choice.
    """
    limit = settings.WORKER_MEMORY_MIB * 1024 * 1024
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
