"""The live board of the admin, and the tickets by which it comes into the live feed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.core import signing
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient
from websockets.sync.client import connect

from accounts import tickets
from accounts.models import User, flags_of
from accounts.rights import Role
from accounts.tickets import ticket_for
from orders.tests.conftest import body_for
from shop.tests.conftest import Feed, Listen, LiveServer, give_positions, publish

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.made_up_events]
TICKET, TODAY, PAGE = "/admin/live/ticket", "/admin/live/today", "/admin/live/"
ClientOf = Callable[[User], APIClient]


def signed_in(user: User, *, checking: bool = False) -> Client:
    client = Client(enforce_csrf_checks=checking)
    client.force_login(user, backend="accounts.backends.CognitoBackend")
    return client


@contextmanager
def made(seconds_ago: float, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is signed in here was signed so long ago."""
    with monkeypatch.context() as patch:
        then = time.time() - seconds_ago
        patch.setattr("django.core.signing.time.time", lambda: then)
        yield


def test_a_ticket_of_the_session_lets_the_page_in_as_a_browser_comes(
    live: LiveServer, staff: User, customer: User
) -> None:
    answer = signed_in(staff).post(TICKET)
    assert (answer.status_code, "no-store" in answer["Cache-Control"]) == (200, True)
    offer = ["bearer", answer.json()["ticket"]]
    with connect(f"{live.ws}/ws/events?types=OrderCreated", subprotocols=offer, proxy=None) as client:
        feed = Feed(client)
        feed.hello()
        event = publish(customer)
        assert feed.read()["id"] == str(event.id)


@pytest.mark.parametrize("address", [TICKET, TODAY, PAGE])
def test_nobody_else_gets_one_or_sees_the_board(address: str, customer: User, staff: User) -> None:
    catalog = User.objects.create_user("c@example.com", cognito_sub="c", **flags_of(Role.CATALOG))
    blocked = signed_in(staff)
    User.objects.filter(pk=staff.pk).update(is_active=False)
    callers = (Client(), signed_in(customer), signed_in(catalog), blocked)
    method = "post" if address == TICKET else "get"
    assert [getattr(client, method)(address).status_code for client in callers] == [302, 302, 403, 302]


def test_an_access_token_does_not_buy_one(staff: User, client_of: ClientOf) -> None:
    assert client_of(staff).post(TICKET).status_code == 302  # to the sign-in: only a session counts in the admin


def test_a_foreign_page_cannot_ask_for_one(staff: User) -> None:
    client = signed_in(staff, checking=True)
    assert client.post(TICKET).status_code == 403
    assert client.get(TICKET).status_code == 405
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', client.get(PAGE).content.decode())
    assert token is not None
    assert client.post(TICKET, headers={"X-CSRFToken": token[1]}).status_code == 200


def test_an_old_ticket_is_worth_nothing(listen: Listen, staff: User, monkeypatch: pytest.MonkeyPatch) -> None:
    with made(tickets.LIVES - 15, monkeypatch):
        young = ticket_for(staff)
    with made(tickets.LIVES + 1, monkeypatch):
        old = ticket_for(staff)
    listen(token=young).hello()
    assert listen(token=old).close_code() == 4401


def test_nor_is_one_that_is_signed_by_another_key_or_for_another_purpose(listen: Listen, staff: User) -> None:
    good = ticket_for(staff)
    name, stamp, signature = good.removeprefix(tickets.PREFIX).split(".")
    other = signing.TimestampSigner(salt="another purpose", sep=".").sign(str(staff.pk))
    foreign = signing.TimestampSigner(key="x" * 50, salt="accounts.tickets", sep=".").sign(str(staff.pk))
    forgeries = (
        "ticket.",
        f"ticket.{name}",
        f"ticket.{name}.{stamp}.",
        f"ticket.{name}.{stamp}.{signature[:-1]}",
        f"ticket.{name}.zzzzzz.{signature}",
        f"ticket.{other}",
        f"ticket.{foreign}",
        f"ticket.{good}",
        f"{name}.{stamp}.{signature}",
    )
    assert [listen(token=forged).close_code() for forged in forgeries] == [4401] * len(forgeries)


def test_who_is_blocked_or_no_longer_staff_has_nothing_of_a_ticket(
    listen: Listen, staff: User, settings: Settings
) -> None:
    settings.LIVE_RECHECK_SECONDS = 0.05
    ticket = ticket_for(staff)
    inside = listen(token=ticket)
    inside.hello()
    User.objects.filter(pk=staff.pk).update(is_staff=False)
    assert inside.close_code() == 4401
    assert listen(token=ticket).close_code() == 4401
    User.objects.filter(pk=staff.pk).update(is_staff=True, is_active=False)
    assert listen(token=ticket).close_code() == 4403


def test_who_came_in_by_a_ticket_must_fetch_another_after_a_while(
    listen: Listen, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tickets, "HOLDS", 1)
    feed = listen(token=ticket_for(staff))
    feed.hello()
    assert feed.close_code() == 4408


def test_the_api_takes_no_ticket(staff: User) -> None:
    for path in ("/me", "/orders", "/products"):
        answer = Client().get(path, headers={"Authorization": f"Bearer {ticket_for(staff)}"})
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token"), path


def test_the_page_may_reach_the_feed_and_no_other_page_may(staff: User, settings: Settings) -> None:
    client = signed_in(staff)
    rules = {page: client.get(page)["Content-Security-Policy"].split("; ") for page in (PAGE, "/admin/")}
    assert f"connect-src 'self' {settings.LIVE_URL}" in rules[PAGE]
    assert "connect-src 'self'" in rules["/admin/"]
    assert [rule for rule in rules[PAGE] if not rule.startswith("connect-src")] == [
        rule for rule in rules["/admin/"] if not rule.startswith("connect-src")
    ]


def test_it_begins_with_what_happened_lately_and_counts_today(
    staff: User, customer: User, client_of: ClientOf, listen: Listen
) -> None:
    product = {"code": "MUG", "name": "Mug", "price": "12.90", "stock": 10}
    assert client_of(staff).post("/products", product).status_code == 201
    placed = client_of(customer).post("/orders", body_for(("MUG", 2))).json()
    give_positions()
    client = signed_in(staff)

    page = client.get(PAGE).content.decode()
    after = re.search(r'data-after="(\d+)"', page)
    types = re.search(r'data-types="([\w,]+)"', page)
    assert after is not None and types is not None
    feed = listen(token=client.post(TICKET).json()["ticket"], after=after[1], types=types[1])
    feed.hello()
    message = feed.read()

    assert (message["type"], message["data"]["number"]) == ("OrderCreated", placed["number"])
    numbers = client.get(TODAY).json()
    assert numbers == {
        "orders": "1",
        "revenue": f"{placed['totals']['total']} EUR",
        "pending": "1",
        "confirmed": "0",
    }
