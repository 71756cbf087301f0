"""The Celery app: ordinary tasks on their own queue, raw events on a queue per consumer."""

from __future__ import annotations

import os

from celery import Celery
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
TRANSPORT_ALIASES["shopsqs"] = "events.transport:Transport"
app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
