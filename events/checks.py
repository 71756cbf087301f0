"""Holds `shop/subscriptions.py`, the event classes and the handlers together, at every start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.utils.module_loading import import_string

from events.base import REGISTRY
from events.publishers import BUS, TOPIC


def check_subscriptions(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    routes = settings.EVENT_ROUTES
    problems: list[CheckMessage] = []
    for type, route in routes.items():
        if type not in REGISTRY:
            problems.append(_error(1, f"{type} has a route, but no app's events.py defines it."))
        if route not in (TOPIC, BUS):
            problems.append(_error(2, f"{type} has the route {route!r}, which is neither {TOPIC!r} nor {BUS!r}."))
    problems += [_error(3, f"{type} is defined, but has no route.") for type in REGISTRY if type not in routes]
    for consumer, handlers in settings.EVENT_SUBSCRIPTIONS.items():
        if consumer == settings.TASK_QUEUE:
            problems.append(_error(4, f"{consumer!r} is the queue of ordinary tasks and cannot be a consumer's."))
        for type, path in handlers.items():
            if type not in routes:
                problems.append(_error(5, f"{consumer} listens to {type}, which has no route."))
            try:
                found = callable(import_string(path))
            except ImportError as error:
                problems.append(_error(6, f"{consumer}: the handler of {type} cannot be imported: {error}"))
            else:
                if not found:
                    problems.append(_error(7, f"{consumer}: {path} is not callable."))
    return [*problems, *_inbound()]


def _inbound() -> Iterator[CheckMessage]:
    for queue, path in settings.INBOUND_QUEUES.items():
        if queue in (*settings.EVENT_SUBSCRIPTIONS, settings.TASK_QUEUE):
            yield _error(8, f"{queue!r} is written to by others and cannot be a queue of ours.")
        try:
            import_string(path)
        except ImportError as error:
            yield _error(9, f"{queue}: what takes its messages cannot be imported: {error}")


def _error(number: int, text: str) -> Error:
    return Error(text, hint="See shop/subscriptions.py.", id=f"events.E{number:03d}")
