"""The tests' own topic, bus and queues in the emulator that AWS_ENDPOINT_URL names, and the processes that use them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from pytest_django.fixtures import Settings

from events import aws
from events.base import REGISTRY
from events.relay import Relay
from events.tests import things, world
from local.aws import provision


def wait_until(condition: Callable[[], Any], *, seconds: float = 60) -> Any:
    """Waits for a condition to hold and returns what it gave; fails the test when it does not come."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "what the test waits for did not come"
        threading.Event().wait(0.02)
    return value


NAME = f"things-{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="session")
def resources() -> dict[str, str]:
    """The names of a topic, a bus and queues that no other run uses."""
    return make_resources()


def make_resources() -> dict[str, str]:
    """Makes what is missing of them, as often as it is called."""
    return provision(
        django_settings.AWS_ENDPOINT_URL,
        name=NAME,
        environment=os.environ,
        subscriptions=world.SUBSCRIPTIONS,
        routes=world.ROUTES,
    )


@pytest.fixture(autouse=True)
def small_world(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The event types and the consumer of `events.tests.things`, in place of the shop's."""
    for type, kind in things.CLASSES.items():
        monkeypatch.setitem(REGISTRY, type, kind)
    settings.EVENT_ROUTES = world.ROUTES
    settings.EVENT_SUBSCRIPTIONS = world.SUBSCRIPTIONS
    settings.INBOUND_QUEUES = {}


@pytest.fixture
def effects(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file into which the plain handler writes, when it runs in this process."""
    path = tmp_path_factory.mktemp("effects") / "effects"
    monkeypatch.setenv("THINGS_EFFECTS", str(path))
    return path


@pytest.fixture
def emulator(settings: Settings, resources: dict[str, str]) -> None:
    """Empty queues, topic and bus."""
    for name in ("SNS_TOPIC_ARN", "EVENT_BUS_NAME", "QUEUE_URL_PREFIX"):
        setattr(settings, name, resources[name])
    sqs = aws.client("sqs")
    for queue in (world.CONSUMER, settings.TASK_QUEUE):
        sqs.purge_queue(QueueUrl=aws.queue_url(queue))
        sqs.purge_queue(QueueUrl=aws.dead_letter_queue_url(queue))


@pytest.fixture
def relay(transactional_db: None, emulator: None) -> Iterator[Relay]:
    """A relay that runs while the test does."""
    relay = Relay()
    thread = threading.Thread(target=relay.run)
    thread.start()
    assert relay.active.wait(10)
    yield relay
    relay.stop.set()
    thread.join(30)
    assert not thread.is_alive()


@pytest.fixture
def start(
    transactional_db: None, emulator: None, resources: dict[str, str], effects: Path, tmp_path: Path
) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts real processes of the shop on the test's database and queues; ends them with the test."""
    settings_of_theirs = {"DJANGO_SETTINGS_MODULE": "events.tests.worker_settings", "THINGS_EFFECTS": str(effects)}
    with processes(resources | settings_of_theirs, logs=tmp_path) as run:
        yield run


@contextmanager
def processes(changes: Mapping[str, str], *, logs: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts commands of the shop on the test's database, with these settings changed; ends them with the block."""
    database = connection.settings_dict
    environment = {
        **os.environ,
        "DATABASE_URL": f"postgresql://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}"
        f"/{database['NAME']}",
        "REDELIVERY_DELAY": "0",
        "CELERY_SKIP_CHECKS": "1",  # they cost seconds, and the test run has made them
        **changes,
    }
    running: list[subprocess.Popen[bytes]] = []

    def run(*command: str, **of_its_own: str) -> subprocess.Popen[bytes]:
        with (logs / f"{len(running)}.log").open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, *command],
                env=environment | of_its_own,
                stdout=output,
                stderr=output,
                cwd=django_settings.BASE_DIR,
            )
        running.append(process)
        return process

    try:
        yield run
    finally:
        for process in running:
            process.terminate()
        for number, process in enumerate(running):
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            print((logs / f"{number}.log").read_text(errors="replace"))  # noqa: T201  (pytest shows it when a test fails)
