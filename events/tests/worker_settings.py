"""The shop's settings, with the tests' own small world of events in place of the shop's."""

import os
from datetime import timedelta

from kombu import Queue

from events.tests import world
from shop.settings import *  # noqa: F403
from shop.settings import CELERY_BROKER_TRANSPORT_OPTIONS, QUEUE_URL_PREFIX, TASK_QUEUE

EVENT_ROUTES = world.ROUTES
EVENT_SUBSCRIPTIONS = world.SUBSCRIPTIONS
INBOUND_QUEUES = {}
CELERY_IMPORTS = ["events.consume", "events.tests.things"]
CELERY_TASK_QUEUES = [Queue(name, routing_key=name) for name in (TASK_QUEUE, *EVENT_SUBSCRIPTIONS)]
CELERY_BROKER_TRANSPORT_OPTIONS |= {
    "wait_time_seconds": int(os.environ.get("THINGS_POLL", "1")),
    "predefined_queues": {name: {"url": QUEUE_URL_PREFIX + name} for name in (TASK_QUEUE, *EVENT_SUBSCRIPTIONS)},
}
CELERY_BEAT_SCHEDULE = {
    "a task": {"task": "events.tests.a_task", "schedule": timedelta(seconds=int(os.environ.get("THINGS_EVERY", "1")))}
}
