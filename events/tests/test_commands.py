from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from events import aws, queues
from events.consume import consume
from events.envelope import MAX_BYTES, to_wire
from events.models import Event, Inbox
from events.queues import Depth
from events.tests.things import make
from events.tests.world import CONSUMER

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("emulator")]


def run(*command: str) -> str:
    out = io.StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()


def logged(name: str, *tags: str, position: int, published: bool = True) -> Event:
    event: Event = make(name, *tags)
    event.position, event.published_at = position, timezone.now() if published else None
    event.save()
    return event


def bury(*bodies: str) -> None:
    for body in bodies:
        aws.client("sqs").send_message(QueueUrl=aws.dead_letter_queue_url(CONSUMER), MessageBody=body)


def bodies() -> list[str]:
    answer = aws.client("sqs").receive_message(
        QueueUrl=aws.queue_url(CONSUMER), MaxNumberOfMessages=10, WaitTimeSeconds=1
    )
    return [message["Body"] for message in answer.get("Messages", [])]


def test_events_status_tells_how_far_behind_everything_is(effects: Path) -> None:
    make("unpositioned")
    failing = logged("failing", position=1, published=False)
    failing.attempts = 2
    failing.time = timezone.now() - timedelta(seconds=90)
    failing.save()
    Inbox.objects.create(consumer=CONSUMER, event_id=failing.id, event_type="ThingMade")
    bury("junk")

    outbox, *queues = run("events_status").splitlines()
    states = dict(line.split(maxsplit=1) for line in queues)

    assert "without position 1, unpublished 2, of these failing 1, oldest 9" in outbox
    assert states[CONSUMER] == "waiting 0, in flight 0, dead letters 1, begun and not done 1"


def test_events_status_keeps_its_columns_whatever_a_queue_is_called(settings: Settings, effects: Path) -> None:
    settings.INBOUND_QUEUES = {"a-queue-of-a-long-name": {}}
    for url in (aws.queue_url("a-queue-of-a-long-name"), aws.dead_letter_queue_url("a-queue-of-a-long-name")):
        aws.client("sqs").create_queue(QueueName=url.rpartition("/")[2])

    lines = run("events_status").splitlines()

    assert len({line.index(" head ") if " head " in line else line.index(" waiting ") for line in lines}) == 1


def test_dead_letters_are_shown_with_their_reason_and_stay(effects: Path) -> None:
    event = logged("a", "bad", position=1)
    body = to_wire(event).decode()
    with pytest.raises(RuntimeError):
        consume(CONSUMER, body)
    bury(body, "junk")

    shown = run("dead_letters", CONSUMER)

    assert f"ThingMade {event.id} at position 1\n  RuntimeError: a is bad" in shown
    assert "no event\n  not_json: " in shown
    assert "2 dead letters of things" in shown
    assert queues.depth(CONSUMER) == Depth(waiting=0, in_flight=0, dead=2)


def test_redrive_sends_every_dead_letter_back() -> None:
    sent = [json.dumps({"number": number}) for number in range(23)]
    bury(*sent)

    assert run("redrive", CONSUMER) == "23 dead letters sent back to things\n"

    assert queues.depth(CONSUMER) == Depth(waiting=23, in_flight=0, dead=0)
    assert run("redrive", CONSUMER) == "0 dead letters sent back to things\n"
    assert set(bodies()) <= set(sent)


def test_publish_again_hands_a_range_to_the_relay() -> None:
    for position in range(1, 5):
        logged(f"n{position}", position=position)

    run("publish_again", "--from", "2", "--to", "3")

    again = Event.objects.filter(published_at=None).order_by("position")
    assert list(again.values_list("position", flat=True)) == [2, 3]


def test_publish_again_to_one_consumer_leaves_the_others_alone() -> None:
    event, _ = logged("a", position=1), logged("b", position=2)

    run("publish_again", "--id", str(event.id), "--consumer", CONSUMER)

    assert bodies() == [to_wire(event).decode()]
    assert not Event.objects.filter(published_at=None).exists()


@pytest.mark.parametrize(("options", "times"), [([], 1), (["--force"], 2)])
def test_a_consumer_does_its_work_again_only_by_force(effects: Path, options: list[str], times: int) -> None:
    event = logged("a", position=1)
    consume(CONSUMER, to_wire(event).decode())

    run("publish_again", "--id", str(event.id), "--consumer", CONSUMER, *options)
    (body,) = bodies()
    consume(CONSUMER, body)

    assert effects.read_text().split() == ["a"] * times


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "Say which events"),
        (["--from", "1"], "go together"),
        (["--from", "3", "--to", "1"], "1 <= N <= M"),
        (["--from", "0", "--to", "1"], "1 <= N <= M"),
        (["--from", "8", "--to", "9"], "no event from 8 to 9"),
        (["--id", "0190b5a0-0000-7000-8000-000000000001"], "Not in the log"),
        (["--id", "0190b5a0-0000-7000-8000-000000000001", "--from", "1", "--to", "2"], "Say which events"),
        (["--id", "seven"], "invalid UUID value"),
        (["--from", "1", "--to", "1", "--force"], "needs --consumer"),
        (["--from", "1", "--to", "1", "--consumer", "nobody"], "invalid choice"),
    ],
)
def test_publish_again_says_what_is_wrong_with_its_arguments(arguments: list[str], complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint):
        run("publish_again", *arguments)


def test_an_event_that_is_no_message_is_named_where_it_is_to_go_out_again() -> None:
    event = logged("a", "x" * MAX_BYTES, position=1, published=False)

    with pytest.raises(CommandError, match=f"Not all events could be sent: Event {event.id} has"):
        run("publish_again", "--id", str(event.id), "--consumer", CONSUMER)


@pytest.mark.parametrize("command", ["dead_letters", "redrive"])
def test_a_consumer_that_does_not_exist_is_named(command: str) -> None:
    with pytest.raises(CommandError, match="invalid choice: 'nobody'"):
        run(command, "nobody")


def test_sqs_being_away_is_said_without_a_traceback(settings: Any) -> None:
    settings.QUEUE_URL_PREFIX += "no-such-"

    for command in (["events_status"], ["dead_letters", CONSUMER], ["redrive", CONSUMER]):
        with pytest.raises(CommandError, match=r"NonExistentQueue|QueueDoesNotExist"):
            run(*command)
