"""A real Celery worker on real queues of the emulator."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from events import aws, queues
from events.envelope import to_wire
from events.models import Event, Inbox
from events.relay import Relay
from events.tests.conftest import wait_until
from events.tests.things import ThingPainted, make
from events.tests.world import CONSUMER
from events.transport import redelivery_delay

Start = Callable[..., subprocess.Popen[bytes]]
pytestmark = pytest.mark.django_db(transaction=True)
WORKER = ("-m", "celery", "-A", "shop.celery", "worker", "--concurrency=2", "--loglevel=INFO")


def send(queue: str, body: str) -> None:
    aws.client("sqs").send_message(QueueUrl=aws.queue_url(queue), MessageBody=body)


def event(position: int = 1, **changes: object) -> str:
    row = make("junk")
    row.position = position
    return json.dumps(json.loads(to_wire(row)) | changes)


def celery_message(**changes: object) -> str:
    """A message that Celery itself would have sent, with parts replaced."""
    message = {
        "body": base64.b64encode(b"[[], {}, {}]").decode(),
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": {"task": "events.consume", "id": "1"},
        "properties": {"body_encoding": "base64", "delivery_info": {}, "delivery_tag": "1"},
    }
    return base64.b64encode(json.dumps(message | changes).encode()).decode()


def dead(queue: str) -> int:
    return queues.depth(queue).dead


def test_junk_on_any_queue_is_buried_and_the_worker_goes_on(start: Start, effects: Path) -> None:
    on_consumer = [
        "not json",
        base64.b64encode(b"not json either").decode(),
        "[1, 2]",
        '"text"',
        "{}",
        '{"properties": 1}',
        '{"properties": {"delivery_info": 1}, "headers": 5, "body": 7}',
        celery_message(),
        event(type="ThingStolen"),
        event(eventversion=99),
        event(data={"name": 5}),
        event(id="no uuid"),
    ]
    on_tasks = [
        "not json",
        '{"properties": 1}',
        "{}",
        celery_message(body="%%%"),
        celery_message(headers={"task": "no.such.task", "id": "1"}),
        celery_message(headers={"task": "events.consume", "id": "1", "timelimit": "soon"}),
        celery_message(headers={"task": "events.consume", "id": "1", "eta": "tomorrow"}),
        celery_message(headers={"task": ["events.consume"], "id": "1"}),
        celery_message(headers={"task": "events.consume", "id": "2", "expires": "2999-01-01", "stamped_headers": 5}),
        celery_message(headers={"task": "events.consume", "id": "2", "expires": "2999-01-01", "stamped_headers": [{}]}),
        celery_message(**{"content-type": "application/x-python-serialize"}),
    ]
    for body in on_consumer:
        send(CONSUMER, body)
    for body in on_tasks:
        send(settings.TASK_QUEUE, body)
    worker = start(*WORKER)

    wait_until(lambda: dead(CONSUMER) == len(on_consumer), seconds=120)
    wait_until(lambda: dead(settings.TASK_QUEUE) == len(on_tasks), seconds=120)

    row = make("good")
    row.position = 1
    send(CONSUMER, to_wire(row).decode())
    wait_until(lambda: effects.exists() and effects.read_text().split() == ["good"])
    assert worker.poll() is None


def test_an_event_goes_from_its_transaction_to_its_handlers(start: Start, relay: Relay, effects: Path) -> None:
    """Through SNS to a handler whose own event goes through EventBridge to the next, past failures on the way."""
    start(*WORKER)
    painted = make("fence", kind=ThingPainted)
    fails_twice = make("gate", "bad", "bad")

    wait_until(lambda: Inbox.objects.filter(done_at__isnull=False).count() == 3, seconds=120)
    wait_until(lambda: queues.depth(CONSUMER) == queues.Depth(waiting=0, in_flight=0, dead=0))

    counted = Event.objects.get(type="ThingCounted")
    assert sorted(effects.read_text().split()) == ["failed:gate", "failed:gate", "fence", "gate"]
    assert dict(Inbox.objects.values_list("event_id", "attempts")) == {painted.id: 1, fails_twice.id: 3, counted.id: 1}


def test_an_event_survives_the_death_of_the_worker_that_has_it(start: Start, effects: Path) -> None:
    row = make("good")
    row.position = 1
    send(CONSUMER, to_wire(row).decode())
    taken = aws.client("sqs").receive_message(QueueUrl=aws.queue_url(CONSUMER), WaitTimeSeconds=5, VisibilityTimeout=3)
    assert len(taken["Messages"]) == 1  # as a worker would have that then dies: it neither deletes nor returns it

    start(*WORKER)

    wait_until(lambda: Inbox.objects.filter(done_at__isnull=False).exists(), seconds=120)
    assert effects.read_text().split() == ["good"]


def test_a_worker_keeps_its_connection_to_postgresql_and_notices_that_it_was_cut(start: Start, effects: Path) -> None:
    before = others_connected()
    start(*WORKER[:-2], "--concurrency=1")

    def handled(name: str) -> set[int]:
        row = make(name)
        row.position = 1
        send(CONSUMER, to_wire(row).decode())
        wait_until(lambda: effects.exists() and name in effects.read_text().split(), seconds=120)
        return others_connected() - before

    first = handled("one")
    assert len(first) == 1
    assert handled("two") == first
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid, 10000) FROM unnest(%s) pid", [list(first)])
    assert handled("three").isdisjoint(first)

    wait_until(lambda: Inbox.objects.filter(done_at__isnull=False).count() == 3)
    assert set(Inbox.objects.values_list("attempts", flat=True)) == {1}


def others_connected() -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return {pid for (pid,) in cursor.fetchall()}


def test_sigterm_ends_a_worker_in_peace(start: Start, effects: Path) -> None:
    worker = start(*WORKER)
    row = make("good")
    row.position = 1
    send(CONSUMER, to_wire(row).decode())
    wait_until(effects.exists, seconds=120)

    worker.terminate()

    assert worker.wait(60) == 0


def test_redelivery_delays_grow_and_outlast_a_quarter_of_an_hour(settings: object) -> None:
    delays = [redelivery_delay(receives) for receives in range(1, 13)]

    assert delays == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 0]
    assert sum(delays) > 15 * 60
