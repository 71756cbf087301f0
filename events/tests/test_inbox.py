from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from events.consume import consume
from events.envelope import BadMessage, to_wire
from events.inbox import ClaimedElsewhere
from events.models import Event, Inbox
from events.tests.things import ThingMade, ThingPainted, ThingUnheard, make
from events.tests.world import CONSUMER

pytestmark = pytest.mark.django_db(transaction=True)


def message(name: str, *tags: str, kind: Any = ThingMade, position: int = 1) -> str:
    event = make(name, *tags, kind=kind)
    event.position = position
    return to_wire(event).decode()


def counted() -> int:
    return Event.objects.filter(type="ThingCounted").count()


@pytest.mark.parametrize("kind", [ThingMade, ThingPainted])
def test_an_event_that_comes_three_times_is_handled_once(effects: Path, kind: Any) -> None:
    body = message("a", kind=kind)
    for _ in range(3):
        consume(CONSUMER, body)

    receipt = Inbox.objects.get()
    assert (effects.read_text().split() if kind is ThingMade else ["a"] * counted()) == ["a"]
    assert (receipt.consumer, receipt.event_type, receipt.attempts) == (CONSUMER, kind.__name__, 1)
    assert receipt.done_at is not None


def test_a_failure_keeps_its_reason_and_the_next_delivery_tries_again(effects: Path) -> None:
    body = message("a", "bad")
    with pytest.raises(RuntimeError, match="a is bad"):
        consume(CONSUMER, body)

    receipt = Inbox.objects.get()
    assert (receipt.last_error, receipt.done_at, receipt.claimed_until) == ("RuntimeError: a is bad", None, None)

    consume(CONSUMER, body)

    receipt.refresh_from_db()
    assert effects.read_text().split() == ["failed:a", "a"]
    assert (receipt.attempts, receipt.last_error) == (2, "")
    assert receipt.done_at is not None


def test_what_a_handler_in_a_transaction_did_is_undone_when_it_fails() -> None:
    with pytest.raises(RuntimeError, match="second thoughts"):
        consume(CONSUMER, message("a", "bad", kind=ThingPainted))

    assert counted() == 0
    assert Inbox.objects.get().done_at is None


def test_an_event_in_another_workers_hands_is_left_to_come_again(effects: Path) -> None:
    body = message("a")
    Inbox.objects.create(
        consumer=CONSUMER,
        event_id=json.loads(body)["id"],
        event_type="ThingMade",
        claimed_until=timezone.now() + timedelta(seconds=30),
    )

    with pytest.raises(ClaimedElsewhere):
        consume(CONSUMER, body)

    assert not effects.exists()


def test_the_claim_of_a_worker_that_died_runs_out(effects: Path) -> None:
    body = message("a")
    Inbox.objects.create(
        consumer=CONSUMER,
        event_id=json.loads(body)["id"],
        event_type="ThingMade",
        claimed_until=timezone.now() - timedelta(seconds=1),
    )

    consume(CONSUMER, body)

    assert effects.read_text().split() == ["a"]
    assert Inbox.objects.get().attempts == 2


def test_a_type_that_the_consumer_does_not_listen_to_is_visibly_ignored() -> None:
    consume(CONSUMER, message("a", kind=ThingUnheard))

    receipt = Inbox.objects.get()
    assert receipt.ignored
    assert receipt.done_at is not None


def test_an_ignored_event_is_handled_once_the_consumer_has_learned_its_type(effects: Path, settings: Any) -> None:
    body = message("a", kind=ThingUnheard)
    consume(CONSUMER, body)
    settings.EVENT_SUBSCRIPTIONS = {CONSUMER: {"ThingUnheard": "events.tests.things.write_down"}}

    consume(CONSUMER, body)

    assert effects.read_text().split() == ["a"]
    assert not Inbox.objects.get().ignored


@pytest.mark.parametrize("change", [{"type": "ThingStolen"}, {"eventversion": 2}, {"data": {}}])
def test_what_it_cannot_read_is_refused_and_leaves_no_receipt(change: dict[str, Any]) -> None:
    body = json.dumps(json.loads(message("a")) | change)

    with pytest.raises(BadMessage):
        consume(CONSUMER, body)

    assert not Inbox.objects.exists()
