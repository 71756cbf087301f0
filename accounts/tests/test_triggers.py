"""What Cognito asks before a sign-in, and tells after a sign-up."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.cognito_events import SUB, post_confirmation, pre_authentication, signed
from accounts.tests.conftest import StandIn
from events.models import Event

pytestmark = pytest.mark.django_db
ASKED, TOLD = "/pre-authentication", "/confirmation"


def send(path: str, event: Any, **signing: Any) -> Any:
    return APIClient().generic("POST", path, **signed(event, **signing))


def told() -> list[dict[str, Any]]:
    return list(Event.objects.filter(type="CustomerRegistered").values_list("data", flat=True))


def at_once(*calls: Callable[[], object]) -> None:
    def work(call: Callable[[], object]) -> None:
        try:
            call()
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# --- May this person sign in? ---------------------------------------------------------------------------------------
def test_a_customer_may_sign_in_and_the_answer_is_the_event(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    User.objects.create_user("nora@example.com", cognito_sub=SUB)
    event = pre_authentication() | {"somethingNew": {"of": ["Cognito's", 1]}}
    with django_assert_num_queries(1):
        answer = send(ASKED, event)
    assert (answer.status_code, answer.json()) == (200, event)


def test_whom_the_shop_does_not_know_may_sign_in_and_gets_no_account_by_it(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(2):
        assert send(ASKED, pre_authentication()).status_code == 200
    assert not User.objects.exists()


def test_a_blocked_customer_is_refused() -> None:
    User.objects.create_user("old@example.com", cognito_sub=SUB, is_active=False)
    answer = send(ASKED, pre_authentication())
    assert (answer.status_code, answer.json()["code"]) == (403, "customer_blocked")


def test_who_would_take_over_a_blocked_account_is_refused() -> None:
    User.objects.create_user("nora@example.com", is_active=False)
    answer = send(ASKED, pre_authentication("Nora@Example.com"))
    assert (answer.status_code, answer.json()["code"]) == (403, "customer_blocked")


def test_a_user_is_not_refused_for_the_blocked_account_of_another_user() -> None:
    User.objects.create_user("nora@example.com", cognito_sub="somebody-else", is_active=False)
    assert send(ASKED, pre_authentication()).status_code == 200


@pytest.mark.parametrize(
    ("email", "status"),
    [
        ("nora@example.com", 200),
        ("nora@EXAMPLE.com", 200),
        ("nora@sub.example.com", 403),
        ("nora@notexample.com", 403),
        ("nora@example.com@evil.test", 403),
        ("", 403),
    ],
)
def test_only_people_of_the_domains_that_are_set_may_sign_in(settings: Settings, email: str, status: int) -> None:
    settings.SIGN_IN_DOMAINS = frozenset({"example.com", "example.org"})
    answer = send(ASKED, pre_authentication(email))
    assert answer.status_code == status
    assert status == 200 or answer.json()["code"] == "domain_not_allowed"


def test_whom_cognito_does_not_know_is_left_to_cognito(settings: Settings) -> None:
    settings.SIGN_IN_DOMAINS = frozenset({"example.com"})
    event = pre_authentication()
    event["request"] = {"userAttributes": {}, "userNotFound": True}
    assert send(ASKED, event).status_code == 200


# --- Who has signed up? ---------------------------------------------------------------------------------------------
def test_a_sign_up_makes_the_customer_and_tells_of_it() -> None:
    event = post_confirmation("Nora@Example.com", locale="de_AT")
    answer = send(TOLD, event)
    assert (answer.status_code, answer.json()) == (200, event)
    user = User.objects.get()
    assert (user.cognito_sub, user.email, user.name, user.language) == (SUB, "nora@example.com", "Nora New", "de-AT")
    assert (user.role, user.has_usable_password()) == ("customer", False)
    assert told() == [{"customer_id": str(user.pk), "language": "de-AT"}]


def test_a_sign_up_that_is_told_twice_changes_nothing_the_second_time() -> None:
    request = signed(post_confirmation())
    first = APIClient().generic("POST", TOLD, **request)
    User.objects.update(name="Changed Since", is_active=False)
    second = APIClient().generic("POST", TOLD, **request)
    assert (second.status_code, second.json()) == (200, first.json())
    user = User.objects.get()
    assert (user.name, user.is_active) == ("Changed Since", False)
    assert len(told()) == 1


@pytest.mark.django_db(transaction=True)
def test_a_sign_up_that_is_told_many_times_at_once_makes_one_customer() -> None:
    answers: list[int] = []
    at_once(*[lambda: answers.append(send(TOLD, post_confirmation()).status_code)] * 6)
    assert answers == [200] * 6
    assert (User.objects.count(), len(told())) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_the_first_token_and_the_trigger_at_once_make_one_customer(cognito: StandIn, mint: Callable[..., str]) -> None:
    cognito.knows("nora@example.com")
    both = threading.Barrier(2, timeout=10)
    cognito.before_answer = both.wait  # the token's bearer was looked for, and not found
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {mint(User(), sub=SUB)}")
    answers: list[int] = []

    def trigger() -> None:
        both.wait()
        answers.append(send(TOLD, post_confirmation()).status_code)

    at_once(trigger, lambda: answers.append(client.get("/me").status_code))
    assert answers == [200, 200]
    assert (User.objects.count(), len(told())) == (1, 1)


def test_an_account_that_waits_for_the_address_is_taken_by_who_signs_up() -> None:
    waiting = User.objects.create_user("nora@example.com", name="As imported", language="fr")
    assert send(TOLD, post_confirmation("NORA@example.com")).status_code == 200
    waiting.refresh_from_db()
    assert (waiting.cognito_sub, waiting.name, User.objects.count()) == (SUB, "As imported", 1)
    assert told() == [{"customer_id": str(waiting.pk), "language": "fr"}]


def test_nobody_takes_over_the_account_of_another_user(customer: User) -> None:
    answer = send(TOLD, post_confirmation(customer.email))
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")
    customer.refresh_from_db()
    assert (customer.cognito_sub, User.objects.count(), told()) == ("sub-carla", 1, [])


@pytest.mark.parametrize("verified", ["false", False, ""])
def test_an_address_that_nobody_has_verified_makes_no_account(verified: Any) -> None:
    waiting = User.objects.create_user("nora@example.com")
    event = post_confirmation(email_verified=verified)
    event["request"]["userAttributes"].pop("email_verified") if verified == "" else None
    assert send(TOLD, event).status_code == 200
    waiting.refresh_from_db()
    assert (waiting.cognito_sub, told()) == (None, [])


def test_a_flag_may_come_as_a_json_boolean() -> None:
    assert send(TOLD, post_confirmation(email_verified=True)).status_code == 200
    assert len(told()) == 1


def test_a_new_password_makes_nothing() -> None:
    event = post_confirmation() | {"triggerSource": "PostConfirmation_ConfirmForgotPassword"}
    answer = send(TOLD, event)
    assert (answer.status_code, answer.json()) == (200, event)
    assert not User.objects.exists()
    assert told() == []
