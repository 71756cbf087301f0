"""A supplier's document, asked for over the socket, sent to S3, and followed on the feed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from pytest_django.fixtures import Settings

from accounts.models import User
from invoices.models import IncomingDocument, SupplierInvoice
from invoices.tasks import time_out_incoming_documents
from invoices.tests.incoming import GOOD, hear, message_about, remove_files
from shop.tests.callers import CALLERS, CLIENT, people, token_of
from shop.tests.conftest import Feed, Listen, give_positions, publish

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.made_up_events]
ASK = {"action": "get_import_url"}


@pytest.fixture(autouse=True)
def no_file_stays() -> Iterator[None]:
    yield
    remove_files()


def say(feed: Feed, message: object) -> None:
    feed.client.send(message if isinstance(message, str | bytes) else json.dumps(message))


def ask(feed: Feed, message: object) -> dict[str, Any]:
    """What the socket answers, between whatever events come."""
    say(feed, message)
    while "cursor" in (answer := feed.read()):
        pass
    return answer


def state(feed: Feed) -> tuple[str, str]:
    """Whose it is, and the state, of the next event."""
    give_positions()
    message = feed.read()
    assert message["type"] == "IncomingDocumentChanged"
    return message["data"]["transaction_id"], message["data"]["state"]


def test_a_document_goes_its_whole_way(listen: Listen, staff: User) -> None:
    feed = listen(staff)
    feed.hello()

    begun = ask(feed, ASK)
    mine = begun["transactionId"]
    assert (begun["type"], begun["state"]) == ("import", "URL_GENERATED")
    assert begun["expires_at"].endswith("Z")
    files = {"file": json.dumps(GOOD).encode()}
    assert requests.post(begun["url"], data=begun["fields"], files=files, timeout=10).status_code == 204
    hear(message_about(mine))

    assert [state(feed), state(feed)] == [(mine, "INVOICE_RECEIVED"), (mine, "INVOICE_PROCESSED")]
    assert SupplierInvoice.objects.get().document_id == IncomingDocument.objects.get().pk
    assert ask(feed, {"action": "cancel_import", "transactionId": mine})["state"] == "INVOICE_PROCESSED"


def test_it_is_called_off_by_who_asked_for_it(listen: Listen, staff: User) -> None:
    feed = listen(staff)
    feed.hello()
    mine = ask(feed, ASK)["transactionId"]

    assert ask(feed, {"action": "cancel_import", "transactionId": mine}) == {
        "type": "import",
        "transactionId": mine,
        "state": "INVOICE_CANCELLED",
    }
    assert state(feed) == (mine, "INVOICE_CANCELLED")


def test_who_comes_back_hears_what_became_of_it(listen: Listen, staff: User) -> None:
    feed = listen(staff)
    cursor, mine = feed.hello(), ask(feed, ASK)["transactionId"]
    feed.client.close()
    IncomingDocument.objects.update(deadline="2026-01-01T00:00:00Z")

    time_out_incoming_documents()
    back = listen(staff, after=cursor)
    back.hello()

    assert state(back) == (mine, "TIMEOUT")


@pytest.mark.parametrize("named", ["01900000-0000-7000-8000-000000000000", "no id", ""])
def test_what_is_not_there_is_not_found(named: str, listen: Listen, staff: User) -> None:
    feed = listen(staff)
    feed.hello()

    answer = ask(feed, f'{{"action": "cancel_import", "transactionId": "{named}"}}')

    assert answer["state"] == "NOT_FOUND"


def test_nobody_calls_off_what_another_has_asked_for(listen: Listen, staff: User) -> None:
    colleague = User.objects.create_user("sven@example.com", cognito_sub="sub-sven", is_staff=True)
    mine, others = listen(staff), listen(colleague)
    mine.hello()
    others.hello()
    begun = ask(mine, ASK)

    assert ask(others, {"action": "cancel_import", "transactionId": begun["transactionId"]})["state"] == "NOT_FOUND"
    assert IncomingDocument.objects.get().state == "URL_GENERATED"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("", "invalid_json"),
        ("no json", "invalid_json"),
        ('{"action": "get_import_url", "action": "get_import_url"}', "invalid_json"),
        ('{"action": NaN}', "invalid_json"),
        ('{"action": "cancel_import", "transactionId": "\\ud800"}', "invalid_json"),
        ("[" * 1000, "invalid_json"),
        (b"\xff\x00", "invalid_message"),
        ("x" * 1025, "invalid_message"),
        ("null", "unknown_action"),
        ("[]", "unknown_action"),
        ("{}", "unknown_action"),
        ({"action": 1}, "unknown_action"),
        ({"action": "get_everything"}, "unknown_action"),
        ({"action": "get_import_url", "key": "invoices/1.pdf"}, "unknown_action"),
        ({"action": "cancel_import"}, "unknown_action"),
        ({"action": "cancel_import", "transactionId": 7}, "unknown_action"),
    ],
)
def test_what_cannot_be_understood_is_answered(message: object, code: str, listen: Listen, staff: User) -> None:
    feed = listen(staff)
    feed.hello()

    answer = ask(feed, message)

    assert (answer["type"], answer["code"]) == ("error", code)
    assert answer["detail"]
    publish(of="still heard")
    assert feed.read()["data"]["of"] == "still heard"


def test_a_socket_that_would_not_hear_of_it_is_told_so(listen: Listen, staff: User) -> None:
    feed = listen(staff, types="OrderCreated")
    feed.hello()

    assert ask(feed, ASK)["code"] == "types_without_imports"
    assert not IncomingDocument.objects.exists()


def test_twenty_are_open_at_most(listen: Listen, staff: User) -> None:
    feed = listen(staff)
    feed.hello()
    assert {ask(feed, ASK)["state"] for _ in range(20)} == {"URL_GENERATED"}

    assert ask(feed, ASK)["code"] == "too_many_imports"


MAY = {"support", "staff", "admin", "service"}
KNOCK_IN_VAIN = {"nobody", "bare", "blocked", "expired", "id", "foreign"}


@pytest.mark.parametrize("caller", sorted(set(CALLERS) - KNOCK_IN_VAIN))
def test_who_may_change_orders_may_import(
    caller: str, listen: Listen, mint: Callable[..., str], settings: Settings
) -> None:
    settings.SERVICE_CLIENTS = {CLIENT: "warehouse"}
    feed = listen(token=token_of(caller, people(), mint))
    feed.hello()

    answer = ask(feed, ASK)

    assert answer.get("code", answer.get("state")) == ("URL_GENERATED" if caller in MAY else "permission_denied")
    assert IncomingDocument.objects.exists() == (caller in MAY)
