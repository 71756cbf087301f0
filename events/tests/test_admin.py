from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from events import queues
from events.envelope import MAX_BYTES
from events.models import Event, Inbox
from events.tests.things import make
from events.tests.world import CONSUMER

pytestmark = pytest.mark.django_db
LOG, INBOX = "/admin/events/event/", "/admin/events/inbox/"


@pytest.fixture
def admin(settings: Settings) -> Client:
    settings.SECURE_SSL_REDIRECT = False
    client = Client()
    client.force_login(
        get_user_model().objects.create_superuser("ada@example.com", name="Ada", cognito_sub="sub-ada", password=None)
    )
    return client


def logged(name: str, position: int | None, *, published: bool = True, attempts: int = 0) -> Event:
    event: Event = make(name)
    Event.objects.filter(id=event.id).update(
        position=position, published_at=timezone.now() if published else None, attempts=attempts
    )
    event.refresh_from_db()
    return event


def subjects(page: str) -> set[str]:
    return set(re.findall(r"thing/\w+", page))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"thing/one", "thing/two", "thing/three"}),
        ("?state=published", {"thing/one"}),
        ("?state=waiting", {"thing/two", "thing/three"}),
        ("?state=failing", {"thing/three"}),
        ("?type=ThingMade", {"thing/one", "thing/two", "thing/three"}),
        ("?type=ThingPainted", set()),
        ("?q=thing/two", {"thing/two"}),
        ("?q=1", {"thing/one"}),
        ("?q=nothing", set()),
    ],
)
def test_the_log_can_be_filtered_and_searched(admin: Client, query: str, expected: set[str]) -> None:
    logged("one", 1)
    logged("two", 2, published=False)
    logged("three", 3, published=False, attempts=4)

    answer = admin.get(LOG + query)

    assert answer.status_code == 200
    table = answer.content.decode().split('id="result_list"')
    assert (subjects(table[1]) if len(table) > 1 else set()) == expected


def test_the_log_is_searched_by_id(admin: Client) -> None:
    event = logged("one", 1)
    logged("two", 2)

    page = admin.get(LOG, {"q": str(event.id)}).content.decode()

    assert subjects(page.split('id="result_list"')[1]) == {"thing/one"}


def test_a_page_of_the_log_costs_the_same_however_long_it_is(
    admin: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for position in range(1, 60):
        logged(f"n{position}", position)

    with django_assert_max_num_queries(8):
        assert admin.get(LOG).status_code == 200


@pytest.mark.parametrize("position", [7, None])
def test_an_event_shows_its_data_and_its_wire_form(admin: Client, position: int | None) -> None:
    event = logged("one", position)

    page = admin.get(f"{LOG}{event.id}/change/").content.decode()

    assert "&quot;name&quot;: &quot;one&quot;" in page
    assert ("&quot;specversion&quot;: &quot;1.0&quot;" in page) == (position is not None)


@pytest.mark.parametrize("address", [LOG, INBOX])
def test_history_cannot_be_written_by_hand(admin: Client, address: str) -> None:
    event = logged("one", 1)
    receipt = Inbox.objects.create(consumer=CONSUMER, event_id=event.id, event_type=event.type)
    row = event.id if address == LOG else receipt.id

    assert admin.get(f"{address}add/").status_code == 403
    assert admin.post(f"{address}{row}/change/", {"type": "x"}).status_code == 403
    assert admin.post(f"{address}{row}/delete/", {"post": "yes"}).status_code == 403


def test_events_are_published_again_to_all(admin: Client) -> None:
    one, two = logged("one", 1, attempts=3), logged("two", 2)

    admin.post(LOG, {"action": "publish_again", "_selected_action": [str(one.id)]})

    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.published_at, one.attempts) == (None, 0)
    assert two.published_at is not None


@pytest.mark.usefixtures("emulator")
def test_events_are_published_again_to_one_consumer(admin: Client) -> None:
    event = logged("one", 1)

    admin.post(LOG, {"action": f"publish_again_to_{CONSUMER}", "_selected_action": [str(event.id)]})

    assert queues.depth(CONSUMER).waiting == 1
    event.refresh_from_db()
    assert event.published_at is not None


def test_an_event_that_is_no_message_is_named_where_it_is_to_go_out_again(admin: Client) -> None:
    event = logged("one", 1, published=False, attempts=3)
    Event.objects.update(data={"name": "x" * MAX_BYTES, "tags": []})

    page = admin.post(
        LOG, {"action": f"publish_again_to_{CONSUMER}", "_selected_action": [str(event.id)]}, follow=True
    ).content.decode()

    assert f"Not all events could be sent to {CONSUMER}: Event {event.id} has" in page
    assert admin.get(f"{LOG}{event.id}/change/").status_code == 200


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"done", "failed", "ignored"}),
        ("?state=done", {"done"}),
        ("?state=undone", {"failed"}),
        ("?state=failed", {"failed"}),
        ("?state=ignored", {"ignored"}),
        ("?consumer=things", {"done", "failed", "ignored"}),
        ("?type=ThingPainted", set()),
    ],
)
def test_the_inbox_can_be_filtered(admin: Client, query: str, shown: set[str]) -> None:
    now = timezone.now()
    receipts: dict[str, dict[str, Any]] = {
        "done": {"done_at": now},
        "failed": {"last_error": "boom"},
        "ignored": {"done_at": now, "ignored": True},
    }
    ids = {state: make(state).id for state in receipts}
    for state, changes in receipts.items():
        Inbox.objects.create(consumer=CONSUMER, event_id=ids[state], event_type="ThingMade", **changes)

    page = admin.get(INBOX + query).content.decode()

    assert {state for state, id in ids.items() if str(id) in page} == shown
