"""An account begins once: `CustomerRegistered` tells of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.conftest import StandIn
from events.models import Event

pytestmark = pytest.mark.django_db
Mint = Callable[..., str]


def me(mint: Mint) -> Any:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {mint(User(), sub='sub-new')}")
    return client.get("/me")


def told() -> list[tuple[str, dict[str, Any]]]:
    return [(row.subject, row.data) for row in Event.objects.filter(type="CustomerRegistered")]


def test_the_first_token_tells_of_the_account_and_later_ones_do_not(cognito: StandIn, mint: Mint) -> None:
    cognito.knows("nora@example.com")
    customer = me(mint).json()["id"]
    me(mint)
    assert told() == [(f"customer/{customer}", {"customer_id": customer, "language": "en"})]


@pytest.mark.django_db(transaction=True)
def test_two_first_requests_at_once_tell_of_it_once(cognito: StandIn, mint: Mint) -> None:
    cognito.knows("nora@example.com")
    cognito.before_answer = threading.Barrier(2, timeout=10).wait  # both have looked and found nobody

    def ask() -> None:
        try:
            me(mint)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told()) == 1


def test_an_account_that_waited_is_told_of_when_somebody_takes_it(cognito: StandIn, mint: Mint) -> None:
    waiting = User.objects.create_user("nora@example.com", language="de")
    cognito.knows("nora@example.com")
    me(mint)
    assert told() == [(f"customer/{waiting.pk}", {"customer_id": str(waiting.pk), "language": "de"})]


def test_an_account_that_staff_released_is_not_told_of_again(cognito: StandIn, mint: Mint) -> None:
    cognito.knows("nora@example.com")
    me(mint)
    User.objects.update(cognito_sub=None)
    assert me(mint).status_code == 200
    assert len(told()) == 1


def test_nothing_is_told_of_who_gets_no_account(cognito: StandIn, mint: Mint, customer: User) -> None:
    cognito.knows(customer.email)
    assert me(mint).status_code == 409
    cognito.knows("nora@example.com", verified=False)
    assert me(mint).status_code == 403
    assert told() == []


@pytest.mark.parametrize(
    ("locale", "language"),
    [("de", "de"), ("de_AT", "de-AT"), ("pt-br", "pt-BR"), ("zh-Hans-CN", "en"), ("", "en"), ("klingon", "en")],
)
def test_the_account_has_the_language_of_the_locale(cognito: StandIn, mint: Mint, locale: str, language: str) -> None:
    cognito.knows("nora@example.com")
    answer = cognito.answers["GetUser"]
    assert isinstance(answer, dict)
    answer["UserAttributes"].append({"Name": "locale", "Value": locale})
    assert me(mint).json()["language"] == language
    assert told()[0][1]["language"] == language
