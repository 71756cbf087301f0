"""The Celery app: ordinary tasks on their own queue, raw events on a queue per consumer."""

from __future__ import annotations

import gc
import os
import resource
import time
from importlib import import_module
from typing import Any

from celery import Celery, bootsteps
from celery.signals import (
    beat_init,
    celeryd_after_setup,
    task_prerun,
    worker_init,
    worker_process_init,
    worker_process_shutdown,
)
from django.conf import settings
from django.db import close_old_connections
from kombu.transport import TRANSPORT_ALIASES

from api import tracing
from api.context import is_process
from shop.beat import end_between_tasks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
TRANSPORT_ALIASES["shopsqs"] = "events.transport:Transport"
app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
task_prerun.connect(close_old_connections)  # as before each request: one that was cut meanwhile is made anew


class LastPolls(bootsteps.StartStopStep):
    """A worker that is told to end waits for the answers to its last polls, and gives back what they bring.

    SQS may hand a message to a poll that nobody reads any more, and would then hide it for its visibility timeout.
    """

    requires = ("celery.worker.components:Hub",)

    def stop(self, worker: Any) -> None:
        channel = worker.consumer.task_consumer.channel
        end = time.monotonic() + channel.wait_time_seconds + 5
        while channel.polls and time.monotonic() < end:
            worker.hub.run_once()


app.steps["worker"].add(LastPolls)


@worker_init.connect
def is_worker(**signal: Any) -> None:
    is_process("worker")  # and so are the processes that it forks


@celeryd_after_setup.connect
def load_the_renderer(**signal: Any) -> None:
    """Before it forks, so that its processes share it: no other process of the shop loads it.

    Frozen, for the garbage collector writes into each object that it looks at, and so would make them a copy each.
    """
    import_module("invoices.rendering.pdf")
    gc.collect()
    gc.freeze()


@beat_init.connect
def is_beat(sender: Any, **signal: Any) -> None:
    is_process("beat")
    end_between_tasks(sender)


@worker_process_shutdown.connect
def send_spans(**signal: Any) -> None:
    tracing.flush()  # what else would be sent at its exit, a forked process leaves out


@worker_process_init.connect
def limit_memory(**signal: Any) -> None:
    """A document, an image or a file that would take more than its share fails alone, with a MemoryError.

    Otherwise the machine runs out, and its kernel ends a process of its own choice.
    """
    limit = settings.WORKER_MEMORY_MIB * 1024 * 1024
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
