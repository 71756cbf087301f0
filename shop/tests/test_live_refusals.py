"""How `/ws/events` says no: the socket is accepted, then closed with a code."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from pytest_django.fixtures import Settings
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from accounts.models import User
from accounts.tokens import LEEWAY
from shop.tests.conftest import Feed, Listen, LiveServer, publish

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.made_up_events]


@pytest.mark.parametrize(
    "query",
    [
        {"after": "1"},
        {"after": "-1"},
        {"after": ""},
        {"after": "abc"},
        {"after": "1.0"},
        {"after": "٣"},
        {"after": "9" * 40},
        {"types": ""},
        {"types": "NoSuchEvent"},
        {"types": "OrderCreated,"},
        {"since": "0"},
    ],
)
def test_it_refuses_a_bad_query(listen: Listen, customer: User, query: dict[str, str]) -> None:
    assert listen(customer, **query).close_code() == 4400


@pytest.mark.parametrize(
    "query", ["after=0&after=0", "after=0&after", "%ff=1", "after=%ff", "after=0&&types=OrderCreated"]
)
def test_it_refuses_a_query_that_cannot_be_read(
    live: LiveServer, customer: User, mint: Callable[..., str], query: str
) -> None:
    headers = {"Authorization": f"Bearer {mint(customer)}"}
    with connect(f"{live.ws}/ws/events?{query}", additional_headers=headers, proxy=None) as client:
        assert Feed(client).close_code() == 4400


def test_the_end_of_the_log_is_a_cursor_and_what_is_beyond_is_none(listen: Listen, customer: User) -> None:
    publish(customer)
    assert listen(customer, after=1).hello() == "1"
    assert listen(customer, after=2).close_code() == 4400


@pytest.mark.parametrize("token", [None, "garbage", "a.b.c", "x" * 8000])
def test_it_refuses_without_a_valid_token(listen: Listen, token: str | None) -> None:
    assert listen(token=token).close_code() == 4401


def test_it_refuses_an_expired_token(listen: Listen, customer: User, mint: Callable[..., str]) -> None:
    assert listen(token=mint(customer, exp=int(time.time()) - 60)).close_code() == 4401


def test_it_refuses_a_token_in_the_address(live: LiveServer, customer: User, mint: Callable[..., str]) -> None:
    with connect(f"{live.ws}/ws/events?token={mint(customer)}", proxy=None) as client:
        assert Feed(client).close_code() == 4401


def test_a_refused_socket_still_gets_its_subprotocol_so_that_browsers_see_the_code(live: LiveServer) -> None:
    protocols = [Subprotocol("bearer"), Subprotocol("nonsense")]
    with connect(f"{live.ws}/ws/events", subprotocols=protocols, proxy=None) as client:
        assert client.subprotocol == "bearer"
        assert Feed(client).close_code() == 4401


def test_it_refuses_the_blocked(listen: Listen, customer: User) -> None:
    User.objects.filter(pk=customer.pk).update(is_active=False)
    assert listen(customer).close_code() == 4403


def test_who_is_blocked_while_connected_is_shut_out(listen: Listen, customer: User, settings: Settings) -> None:
    settings.LIVE_RECHECK_SECONDS = 0.05
    feed = listen(customer)
    feed.hello()
    User.objects.filter(pk=customer.pk).update(is_active=False)
    assert feed.close_code() == 4403


def test_who_is_no_longer_staff_does_not_go_on_hearing_everything(
    listen: Listen, staff: User, settings: Settings
) -> None:
    settings.LIVE_RECHECK_SECONDS = 0.05
    feed = listen(staff)
    feed.hello()
    User.objects.filter(pk=staff.pk).update(is_staff=False)
    assert feed.close_code() == 4401


def test_it_closes_when_the_token_runs_out(listen: Listen, customer: User, mint: Callable[..., str]) -> None:
    feed = listen(token=mint(customer, exp=int(time.time()) - LEEWAY + 2))
    feed.hello()
    assert feed.close_code() == 4408


def test_it_refuses_one_connection_too_many_and_counts_closed_ones_out(
    listen: Listen, customer: User, other_customer: User, settings: Settings
) -> None:
    settings.LIVE_CONNECTIONS_PER_USER = 2
    first, second = listen(customer), listen(customer)
    first.hello(), second.hello()
    assert listen(customer).close_code() == 4429
    assert listen(other_customer).hello() == "0"
    first.client.close()
    assert listen(customer).hello() == "0"


def test_it_asks_to_come_again_while_tokens_cannot_be_checked(
    listen: Listen, customer: User, settings: Settings
) -> None:
    settings.COGNITO_JWKS_URL = "http://127.0.0.1:9/jwks.json"
    assert listen(customer).close_code() == 1013
