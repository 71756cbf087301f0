"""Whose account is it? What happens when a token comes that no account belongs to yet."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.conftest import StandIn

pytestmark = pytest.mark.django_db
Mint = Callable[..., str]


def me(token: str) -> Any:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client.get("/me")


def stranger(mint: Mint, **claims: Any) -> str:
    return mint(User(), sub="sub-new", **claims)


def test_the_first_token_makes_the_account_and_later_ones_only_read(
    cognito: StandIn, mint: Mint, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    cognito.knows("Nora@Example.com")
    token = stranger(mint, **{"cognito:groups": ["staff"]})
    answer = me(token)
    assert answer.status_code == 200
    user = User.objects.get()
    assert (user.email, user.cognito_sub, user.name, user.is_staff) == ("nora@example.com", "sub-new", "Nora New", True)
    assert not user.has_usable_password()
    with django_assert_num_queries(1):
        assert me(token).json() == answer.json()
    assert cognito.calls["GetUser"] == 1


@pytest.mark.django_db(transaction=True)
def test_two_first_requests_at_once_make_one_account(cognito: StandIn, mint: Mint) -> None:
    cognito.knows("nora@example.com")
    cognito.before_answer = threading.Barrier(2, timeout=10).wait  # both have looked and found nobody
    answers: list[Any] = []

    def ask() -> None:
        try:
            answers.append(me(stranger(mint)))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert User.objects.count() == 1


def test_an_account_that_waits_for_its_address_is_taken_by_who_has_it(cognito: StandIn, mint: Mint) -> None:
    waiting = User.objects.create_user("nora@example.com", name="As imported")
    cognito.knows("NORA@example.com")
    assert me(stranger(mint)).json()["id"] == str(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.cognito_sub, waiting.name) == ("sub-new", "As imported")


@pytest.mark.parametrize("waiting", [True, False])
def test_an_address_that_cognito_has_not_verified_proves_nothing(cognito: StandIn, mint: Mint, waiting: bool) -> None:
    if waiting:
        User.objects.create_user("nora@example.com")
    cognito.knows("nora@example.com", verified=False)
    answer = me(stranger(mint))
    assert (answer.status_code, answer.json()["code"]) == (403, "email_not_verified")
    assert not User.objects.filter(cognito_sub="sub-new").exists()


def test_nobody_takes_over_the_account_of_another_cognito_user(cognito: StandIn, mint: Mint, customer: User) -> None:
    cognito.knows(customer.email.upper())
    answer = me(stranger(mint))
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")
    customer.refresh_from_db()
    assert customer.cognito_sub == "sub-carla"
    assert User.objects.count() == 1


def test_an_account_that_waits_but_is_blocked_stays_blocked(cognito: StandIn, mint: Mint) -> None:
    User.objects.create_user("nora@example.com", is_active=False)
    cognito.knows("nora@example.com")
    answer = me(stranger(mint))
    assert (answer.status_code, answer.json()["code"]) == (403, "customer_blocked")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        ((400, "NotAuthorizedException", "Access Token has been revoked"), 401, "invalid_token"),
        ((400, "UserNotFoundException", "User does not exist."), 401, "invalid_token"),
        ((400, "TooManyRequestsException", "Rate exceeded"), 429, "too_many_attempts"),
        ((500, "InternalErrorException", ""), 503, "unavailable"),
    ],
)
def test_a_cognito_that_does_not_give_the_profile_is_no_fault_of_ours(
    cognito: StandIn, mint: Mint, error: tuple[int, str, str], status: int, code: str
) -> None:
    cognito.answers["GetUser"] = error
    answer = me(stranger(mint))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not User.objects.exists()


def test_a_cognito_that_is_away_is_503(cognito: StandIn, mint: Mint) -> None:
    cognito.shutdown()
    cognito.server_close()
    answer = me(stranger(mint))
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
