"""`POST /orders/{id}/notes`: what staff write down about an order, for themselves or for its buyer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Variant
from events.models import Event
from orders.editing import services
from orders.models import Note, Order
from orders.tests.conftest import at_once, body_for

ClientOf = Callable[[User], APIClient]


@pytest.fixture
def order(customer: User, client_of: ClientOf, mug: Variant) -> dict[str, Any]:
    """Carla's pending order, with its ETag as `etag` and where its notes go as `notes_at`."""
    answer = client_of(customer).post("/orders", body_for(("MUG", 1)))
    return {**answer.json(), "etag": answer["ETag"], "notes_at": f"/orders/{answer.json()['id']}/notes"}


def test_a_note_is_for_staff_alone_unless_it_says_otherwise(
    order: dict[str, Any], customer: User, staff: User, client_of: ClientOf
) -> None:
    client_of(staff).post(order["notes_at"], {"text": "Called twice.\nNobody there."})
    answer = client_of(staff).post(order["notes_at"], {"text": "Wrapped.", "for_buyer": True})

    assert answer.status_code == 200
    assert [(note["text"], note["for_buyer"], note["by"]) for note in answer.json()["notes"]] == [
        ("Called twice.\nNobody there.", False, "stella@example.com"),
        ("Wrapped.", True, "stella@example.com"),
    ]
    read = client_of(customer).get(f"/orders/{order['id']}")
    assert [(note["text"], note["by"]) for note in read.json()["notes"]] == [("Wrapped.", "staff")]
    assert read["ETag"] != order["etag"]
    assert client_of(staff).get(f"/orders/{order['id']}")["ETag"] == answer["ETag"]


def test_it_moves_nothing_and_tells_nobody(order: dict[str, Any], staff: User, client_of: ClientOf) -> None:
    before = Event.objects.count()

    after = client_of(staff).post(order["notes_at"], {"text": "x"}).json()

    assert Event.objects.count() == before
    assert (after["status"], len(after["history"])) == ("pending", 1)
    assert after["updated_at"] > order["updated_at"]


def test_an_order_that_is_over_still_takes_notes(order: dict[str, Any], staff: User, client_of: ClientOf) -> None:
    client_of(staff).post(f"/orders/{order['id']}/cancel")

    assert client_of(staff).post(order["notes_at"], {"text": "Sorry about that."}).status_code == 200


def test_one_key_is_one_note(order: dict[str, Any], staff: User, client_of: ClientOf) -> None:
    client, key = client_of(staff), {"Idempotency-Key": "note-1"}

    first = client.post(order["notes_at"], {"text": "Once."}, headers=key)
    again = client.post(order["notes_at"], {"text": "Once."}, headers=key)

    assert again["Idempotency-Replayed"] == "true"
    assert first.json() == again.json()
    assert Note.objects.count() == 1


def test_an_overtaken_note_is_412(order: dict[str, Any], staff: User, client_of: ClientOf) -> None:
    seen = {"If-Match": client_of(staff).get(f"/orders/{order['id']}")["ETag"]}

    assert client_of(staff).post(order["notes_at"], {"text": "First"}, headers=seen).status_code == 200
    assert client_of(staff).post(order["notes_at"], {"text": "Second"}, headers=seen).status_code == 412
    assert Note.objects.get().text == "First"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": ""}, "text"),
        ({"text": "  "}, "text"),
        ({"text": 7}, "text"),
        ({"text": "x" * 2001}, "text"),
        ({"text": "a\x07b"}, "text"),
        ({"text": "x", "for_buyer": "yes"}, "for_buyer"),
        ({"text": "x", "for_buyer": 1}, "for_buyer"),
        ({"text": "x", "for_buyer": None}, "for_buyer"),
        ({"text": "x", "colour": "red"}, "colour"),
        ([], ""),
    ],
)
def test_what_is_no_note_is_refused(
    order: dict[str, Any], staff: User, client_of: ClientOf, body: Any, field: str
) -> None:
    answer = client_of(staff).post(order["notes_at"], body)

    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    assert answer.json()["errors"][0]["field"] == field
    assert Order.objects.get().version == 1


def test_staff_alone_write_them(order: dict[str, Any], customer: User, guest: APIClient, client_of: ClientOf) -> None:
    assert client_of(customer).post(order["notes_at"], {"text": "x"}).status_code == 403
    assert guest.post(order["notes_at"], {"text": "x"}).status_code == 401
    assert not Note.objects.exists()


def test_an_order_takes_so_many_and_no_more(
    order: dict[str, Any], staff: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MAX_NOTES", 2)
    answers = [client_of(staff).post(order["notes_at"], {"text": "x"}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 409]
    assert answers[2].json()["code"] == "too_many_notes"


@pytest.mark.django_db(transaction=True)
def test_notes_written_at_once_are_all_there(order: dict[str, Any], staff: User, client_of: ClientOf) -> None:
    clients = [client_of(staff) for _ in range(5)]

    calls = [lambda client=client: client.post(order["notes_at"], {"text": "x"}).status_code for client in clients]
    assert at_once(calls) == [200] * 5

    assert Note.objects.count() == 5
    assert Order.objects.get().version == 6
