"""The admin's sign-in of who has a second factor: the page asks for the code, and keeps nothing that opens the door."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.conftest import PASSWORD, Pool, StandIn, totp
from accounts.tests.test_mfa import ASKED, CODE_STEP, SESSION, bearer, enrolled
from accounts.tests.test_mfa import sign_in as api_sign_in

pytestmark = pytest.mark.django_db
EMAIL = "stella@example.com"
LABEL = "Code of your authenticator app"


def give(client: Client, password: str, email: str = EMAIL) -> Any:
    return client.post("/admin/login/?next=/admin/", {"username": email, "password": password})


def inside(client: Client) -> bool:
    return bool(client.get("/admin/").status_code == 200)


@pytest.fixture
def asked(client: Client, cognito: StandIn) -> StandIn:
    """Cognito, which has taken the password and wants a code."""
    cognito.takes_password(ASKED)
    give(client, PASSWORD)
    return cognito


def test_staff_with_a_second_factor_sign_in_in_two_steps(client: Client, guest: APIClient, pool: Pool) -> None:
    email = pool.new_user("staff")
    secret = enrolled(bearer(api_sign_in(guest, email)))
    page = give(client, PASSWORD, email).content.decode()
    assert LABEL in page
    assert "Give the code of the authenticator app." in page
    assert not inside(client)
    before = client.cookies["sessionid"].value
    answer = give(client, f" {totp(secret)[:3]} {totp(secret)[3:]}", email)
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
    assert inside(client)
    assert client.cookies["sessionid"].value != before
    assert User.objects.get().is_staff


def test_the_password_is_kept_nowhere(client: Client, asked: StandIn) -> None:
    kept = Session.objects.get().get_decoded()
    assert kept == {"sign_in_step": {"email": EMAIL, "session": SESSION}}
    page = give(client, "000").content.decode()
    assert PASSWORD not in page
    assert SESSION not in page


def test_a_wrong_code_may_be_followed_by_another(client: Client, asked: StandIn) -> None:
    asked.answers[CODE_STEP] = (400, "CodeMismatchException", "Invalid code received for user")
    for _ in range(2):
        page = give(client, "123456").content.decode()
        assert "This is not the code" in page
        assert LABEL in page
    assert asked.calls[CODE_STEP] == 2
    assert not inside(client)


def test_what_is_no_code_is_not_sent_to_cognito(client: Client, asked: StandIn) -> None:
    page = give(client, PASSWORD).content.decode()
    assert "The code has six digits." in page
    assert LABEL in page
    assert not asked.calls[CODE_STEP]


def test_a_sign_in_that_has_run_out_begins_again(client: Client, asked: StandIn) -> None:
    asked.answers[CODE_STEP] = (400, "NotAuthorizedException", "Invalid session for the user, session is expired.")
    page = give(client, "123456").content.decode()
    assert "This sign-in has run out. Begin again." in page
    assert LABEL not in page
    assert LABEL in give(client, PASSWORD).content.decode()


def test_asking_for_the_page_anew_begins_again(client: Client, asked: StandIn) -> None:
    assert LABEL not in client.get("/admin/login/").content.decode()
    give(client, "123456")
    assert not asked.calls[CODE_STEP]
    assert asked.calls["InitiateAuth"] == 2


def test_the_code_counts_for_who_gave_the_password(client: Client, asked: StandIn) -> None:
    asked.answers[CODE_STEP] = (400, "CodeMismatchException", "Invalid code received for user")
    give(client, "123456", "ada@example.com")
    assert asked.sent[CODE_STEP]["ChallengeResponses"]["USERNAME"] == EMAIL


def test_a_code_without_a_password_before_it_is_nothing(client: Client, cognito: StandIn) -> None:
    cognito.takes_password((400, "NotAuthorizedException", "Incorrect username or password."))
    page = give(client, "123456").content.decode()
    assert LABEL not in page
    assert "staff account" in page
    assert not cognito.calls[CODE_STEP]


def test_a_customer_with_a_second_factor_does_not_get_in(
    client: Client, mint: Any, customer: User, asked: StandIn
) -> None:
    asked.knows(customer.email)
    given = {"AccessToken": mint(customer), "IdToken": "i", "RefreshToken": "r"}
    asked.answers[CODE_STEP] = {"AuthenticationResult": given | {"TokenType": "Bearer", "ExpiresIn": 3600}}
    page = give(client, "123456").content.decode()
    assert "staff account" in page
    assert LABEL not in page
    assert not inside(client)


def test_a_password_of_an_administrators_must_be_replaced_first(client: Client, cognito: StandIn) -> None:
    cognito.takes_password({"ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": SESSION, "ChallengeParameters": {}})
    assert "Choose a new password first." in give(client, PASSWORD).content.decode()
