"""What a process needs to answer requests, and whether it can be reached."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from django.conf import settings
from django.core.cache import cache
from django.db import connection

from events import aws

log = logging.getLogger(__name__)

ANSWER_WITHIN = 2.0  # seconds for all checks together


def _database() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        connection.close()  # back to the pool: the thread of this check lives on


def _broker() -> None:
    aws.client("sqs").get_queue_attributes(QueueUrl=aws.queue_url(settings.TASK_QUEUE), AttributeNames=["QueueArn"])


def _cache() -> None:
    cache.set("ready", "1", timeout=5)
    if cache.get("ready") != "1":
        raise RuntimeError("the cache forgets at once")


CHECKS: dict[str, Callable[[], None]] = {"database": _database, "broker": _broker, "cache": _cache}
# One thread each: a check that hangs holds up nothing but itself, and the next request finds it hanging still.
_threads = {name: ThreadPoolExecutor(1, thread_name_prefix=f"check {name}") for name in CHECKS}


def states() -> dict[str, str]:
    """`ok` or `down` for each thing that a request needs. Answers within two seconds, whatever hangs."""
    futures: dict[str, Future[None]] = {name: _threads[name].submit(check) for name, check in CHECKS.items()}
    wait(futures.values(), timeout=ANSWER_WITHIN)
    return {name: _state(name, future) for name, future in futures.items()}


def _state(name: str, future: Future[None]) -> str:
    if not future.done():
        future.cancel()  # it waits behind one that hangs
        log.warning("not ready: %s has not answered within %.0f s", name, ANSWER_WITHIN)
        return "down"
    if error := future.exception():
        log.warning("not ready: %s: %s", name, str(error).strip())
        return "down"
    return "ok"
