"""The addresses that belong to no app: who we are, and how we are."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from events import aws

log = logging.getLogger(__name__)


@require_safe
def root(request: HttpRequest) -> JsonResponse:
    """Name, version, and where to go next."""
    return JsonResponse(
        {
            "name": settings.SHOP_NAME,
            "version": settings.VERSION,
            "docs": f"{settings.PUBLIC_URL}/docs",
            "schema": f"{settings.PUBLIC_URL}/schema",
            "live": f"{settings.LIVE_URL}/ws/events",
        }
    )


@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """This process answers. Says nothing of what it depends on, so that an outage elsewhere restarts nobody."""
    return JsonResponse({"status": "ok"})


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 while all that a request needs can be reached, else 503 that names what is down."""
    checks = {"database": _database, "broker": _broker, "cache": _cache}
    states = {name: _state(check) for name, check in checks.items()}
    status = 200 if set(states.values()) == {"ok"} else 503
    return JsonResponse({"status": "ok" if status == 200 else "down", "checks": states}, status=status)


def _state(check: Callable[[], None]) -> str:
    try:
        check()
    except Exception as error:  # noqa: BLE001  (whatever it is, it is the answer)
        log.warning("not ready: %s", error)
        return "down"
    return "ok"


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _broker() -> None:
    aws.client("sqs").get_queue_attributes(QueueUrl=aws.queue_url(settings.TASK_QUEUE), AttributeNames=["QueueArn"])


def _cache() -> None:
    cache.set("ready", "1", timeout=5)
