from __future__ import annotations

import json
import signal
import subprocess
import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import boto3
import psycopg
import pytest
from django.db import connection, connections, transaction
from pytest_django.fixtures import Settings

from api.postgresql import passwords
from events import aws, log
from events.envelope import parse
from events.log import CHANNEL
from events.models import Event
from events.outbox import record, recorded
from events.relay import Relay
from events.tests.conftest import make_resources, wait_until
from events.tests.things import ThingCounted, ThingMade, make
from events.tests.world import CONSUMER

Start = Callable[..., subprocess.Popen[bytes]]
pytestmark = pytest.mark.django_db(transaction=True)


def listener() -> psycopg.Connection[Any]:
    parameters = connections["default"].get_connection_params()
    for name in ("cursor_factory", "context"):
        parameters.pop(name, None)
    return psycopg.connect(**parameters, autocommit=True)


def relays() -> list[int]:
    """The server processes of the relays that hold the lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_locks JOIN pg_database d ON d.oid = database"
            " WHERE locktype = 'advisory' AND granted AND datname = current_database()"
        )
        return [row[0] for row in cursor.fetchall()]


def published() -> bool:
    return not Event.objects.filter(published_at=None).exists()


def bodies() -> list[str]:
    answer = aws.client("sqs").receive_message(
        QueueUrl=aws.queue_url(CONSUMER), MaxNumberOfMessages=10, WaitTimeSeconds=2
    )
    return [message["Body"] for message in answer.get("Messages", [])]


def test_it_publishes_each_event_by_its_route(relay: Relay) -> None:
    sent = {make("by-topic").id, make("by-bus", kind=ThingCounted).id}
    got: list[str] = []

    wait_until(lambda: got.extend(bodies()) or len(got) >= 2)  # type: ignore[func-returns-value]
    wait_until(published)

    assert {parse(body).id for body in got} == sent


def test_positions_follow_one_another_and_a_late_commit_gets_a_later_one(relay: Relay) -> None:
    started, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            record(ThingMade(name="slow", tags=[]))
            started.set()
            assert may_commit.wait(30)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert started.wait(10)
    for number in range(25):
        make(f"quick-{number}")
    wait_until(lambda: not Event.objects.filter(position=None).exists())
    may_commit.set()
    thread.join()
    wait_until(lambda: Event.objects.filter(position__isnull=False).count() == 26)

    in_order = Event.objects.order_by("position").values_list("position", "subject")
    assert [position for position, _ in in_order] == list(range(1, 27))
    assert in_order[25][1] == "thing/slow"
    assert log.head() == 26


def test_an_event_that_followed_another_comes_after_it_also_where_the_clock_was_moved_back_between_the_two(
    request: pytest.FixtureRequest,
) -> None:
    """Both wait for the relay. Ids are made of the recorder's clock, and another process's may be wrong."""
    first = make("first")
    with transaction.atomic():
        second = recorded(ThingMade(name="second", tags=[]))
        second.id = UUID(int=first.id.int - (25 * 60_000 << 80))  # a UUIDv7 begins with the milliseconds
        second.save(force_insert=True)
    request.getfixturevalue("relay")
    wait_until(published)

    assert list(Event.objects.order_by("position").values_list("id", flat=True)) == [first.id, second.id]


def test_positions_are_never_given_a_second_time(relay: Relay) -> None:
    make("first")
    wait_until(published)
    Event.objects.all().delete()
    make("second")
    wait_until(published)

    assert Event.objects.get().position == 2


def test_it_wakes_those_who_follow_the_log_with_the_last_position(relay: Relay) -> None:
    with listener() as ear:
        ear.execute(f"LISTEN {CHANNEL}")
        with transaction.atomic():
            for name in "abc":
                record(ThingMade(name=name, tags=[]))
        heard = next(ear.notifies(timeout=10))

    assert heard.payload == "3"


def test_a_second_relay_waits_and_takes_over_when_the_first_is_killed(start: Start) -> None:
    first = start("manage.py", "relay")
    (holder,) = wait_until(relays)
    second = start("manage.py", "relay")
    make("before")
    wait_until(published)
    assert relays() == [holder]

    first.kill()
    first.wait()
    wait_until(lambda: relays() not in ([], [holder]))
    make("after")
    wait_until(published)

    assert second.poll() is None
    assert list(Event.objects.order_by("id").values_list("position", flat=True)) == [1, 2]


def test_it_comes_back_after_its_connection_is_lost(relay: Relay) -> None:
    (holder,) = relays()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [holder])
    make("after")
    wait_until(published)

    assert relays() != [holder]


def test_it_outlives_secrets_manager_being_away(
    transactional_db: None, emulator: None, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """Here it has no password at all: it has never read one."""
    ours, settings.DATABASE_SECRET = connection.settings_dict, f"{settings.EVENT_BUS_NAME}-relay"
    make("waits")
    passwords._secret.cache_clear()
    relay = Relay()
    thread = threading.Thread(target=relay.run)
    thread.start()
    try:
        wait_until(lambda: "Secrets Manager" in caplog.text or not thread.is_alive())
        assert thread.is_alive()
        secret = json.dumps({"username": ours["USER"], "password": ours["PASSWORD"]})
        secrets: Any = boto3.client(
            "secretsmanager", region_name=settings.AWS_REGION, endpoint_url=settings.AWS_ENDPOINT_URL
        )
        secrets.create_secret(Name=settings.DATABASE_SECRET, SecretString=secret)
        try:
            wait_until(published)
        finally:
            secrets.delete_secret(SecretId=settings.DATABASE_SECRET, ForceDeleteWithoutRecovery=True)
    finally:
        relay.stop.set()
        thread.join(30)
        passwords._secret.cache_clear()


def test_it_outlives_sns_being_away_and_publishes_then(start: Start, resources: dict[str, str]) -> None:
    process = start("manage.py", "relay")
    wait_until(relays)
    sns = aws.client("sns")
    sns.delete_topic(TopicArn=resources["SNS_TOPIC_ARN"])
    try:
        make("unlucky")
        failing = wait_until(lambda: Event.objects.filter(attempts__gte=1).first())
        assert "NotFound" in failing.last_error
        assert failing.next_attempt_at is not None
    finally:
        make_resources()  # its subscriptions too: later tests need them
    wait_until(published)

    assert process.poll() is None


def test_sigterm_ends_it_in_peace(start: Start) -> None:
    process = start("manage.py", "relay")
    wait_until(relays)

    process.send_signal(signal.SIGTERM)

    assert process.wait(20) == 0
    assert wait_until(lambda: relays() == [])


def test_an_event_that_cannot_be_sent_holds_up_no_other(relay: Relay) -> None:
    big = make("x", "x" * 300_000)
    make("small")
    wait_until(lambda: Event.objects.filter(published_at__isnull=False).count() == 1)
    wait_until(lambda: Event.objects.filter(attempts__gte=1).exists())

    big.refresh_from_db()
    assert big.published_at is None
    assert "bytes" in big.last_error
