"""What a service tells arrives as it was told; and whatever lies on a queue is handled, or fails and stays there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import DataError, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from events.consume import consume
from events.envelope import BadMessage, parse, to_wire
from events.models import Event, Inbox
from events.outbox import record
from events.tests.things import ThingPainted
from events.tests.world import CONSUMER

pytestmark = pytest.mark.django_db
quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

STORABLE = st.text(st.characters(codec="utf-8", exclude_characters="\x00"))
"""What the API takes of clients: PostgreSQL keeps no NUL, and half of a surrogate pair is no character."""
TEXT = st.text(st.characters(exclude_categories=[]))
WORDS = TEXT.filter(lambda text: "-1234" not in text)
"""Hypothesis tries the constants of our own modules, too: the demo shop's passwords, which no log may hold."""
VALUES = TEXT | st.integers() | st.floats() | st.booleans() | st.none()
JSON = st.recursive(VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3))
ATTRIBUTES = ["specversion", "id", "type", "time", "subject", "eventversion", "position", "data", "traceparent"]


def painted(**facts: Any) -> Event:
    """As the relay would find it."""
    row = Event.objects.get(pk=record(ThingPainted(**facts)).pk)
    row.position = 1
    return row


@quick
@given(name=STORABLE, tags=st.lists(STORABLE), coats=st.integers() | st.sampled_from([-(2**200), 10**4000]))
def test_what_is_recorded_is_what_a_consumer_reads(name: str, tags: list[str], coats: int) -> None:
    row = painted(name=name, tags=tags, coats=coats)
    body = to_wire(row)
    received = parse(body)

    assert received.event == ThingPainted(name=name, tags=tags, coats=coats)
    assert (received.id, received.time, received.subject) == (row.id, row.time, f"thing/{name}")
    assert body.isascii()


@quick
@given(
    changes=st.dictionaries(st.sampled_from(ATTRIBUTES), JSON, max_size=2),
    data=st.fixed_dictionaries({"name": VALUES, "tags": st.lists(VALUES, max_size=2)}),
)
def test_a_message_is_handled_or_is_left_on_its_queue(changes: dict[str, Any], data: dict[str, Any]) -> None:
    with transaction.atomic():
        message = json.loads(to_wire(painted(name="", tags=[]))) | {"data": data} | changes
        try:
            consume(CONSUMER, json.dumps(message))
        except BadMessage:
            assert not Inbox.objects.exists()
        except (DataError, UnicodeEncodeError):  # the handler's: what it would record cannot be stored
            assert Inbox.objects.get().done_at is None
        else:
            assert Inbox.objects.get().done_at is not None
            assert Event.objects.filter(type="ThingCounted").count() == 1
        transaction.set_rollback(True)


@quick
@given(name=WORDS)
@example(name="\ud800")
def test_a_failure_in_whatever_words_is_noted_and_leaves_the_event_to_the_next_delivery(
    settings: Settings, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    settings.EVENT_SUBSCRIPTIONS = {CONSUMER: {"ThingPainted": "events.tests.things.refuse"}}
    with transaction.atomic():
        message = json.loads(to_wire(painted(name="", tags=[]))) | {"data": {"name": name, "tags": []}}
        for attempt in (1, 2):
            with pytest.raises(RuntimeError):
                consume(CONSUMER, json.dumps(message))
            receipt = Inbox.objects.get()
            assert (receipt.attempts, receipt.done_at, receipt.claimed_until) == (attempt, None, None)
            assert receipt.last_error.startswith("RuntimeError: ")
            caplog.text.encode()
        transaction.set_rollback(True)
