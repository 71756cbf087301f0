"""Clients of AWS: how many a process holds, and what a process that it forks does with them."""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from kombu import Connection

from events import aws
from events.transport import Transport


def test_a_worker_asks_all_its_queues_with_one_client() -> None:
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    with Connection(transport=Transport, transport_options=options) as connection:
        channel: Any = connection.default_channel
        clients = {id(channel.sqs(queue=name)) for name in settings.QUEUES}
    assert len(settings.QUEUES) > 1
    assert clients == {id(aws.client("sqs"))}


def test_a_forked_process_makes_clients_of_its_own() -> None:
    of_the_parent = aws.client("sqs")
    child = os.fork()
    if child == 0:
        os._exit(0 if aws.client("sqs") is not of_the_parent else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert aws.client("sqs") is of_the_parent
