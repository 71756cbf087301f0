"""A forgotten password and a changed one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.conftest import PASSWORD, Pool, StandIn
from accounts.tests.test_signing_up import EMAIL, told

pytestmark = pytest.mark.django_db
NEW = "Another-Horse-8"
CODE = "654321"
THROTTLED = (400, "TooManyRequestsException", "Rate exceeded")
DOWN = (500, "InternalErrorException", "Something went wrong")


def forget(guest: APIClient, email: str = EMAIL) -> Any:
    return guest.post("/auth/forgot-password", {"email": email})


def reset(guest: APIClient, **changes: Any) -> Any:
    return guest.post("/auth/reset-password", {"email": EMAIL, "code": CODE, "password": NEW} | changes)


def change(client: APIClient, **changes: Any) -> Any:
    return client.post("/auth/change-password", {"password": PASSWORD, "new_password": NEW} | changes)


def sign_in(guest: APIClient, email: str, password: str) -> Any:
    return guest.post("/auth/login", {"email": email, "password": password})


def test_who_forgot_the_password_sets_a_new_one(guest: APIClient, pool: Pool) -> None:
    email = pool.new_user()
    assert forget(guest, email).status_code == 204
    assert reset(guest, email=email).status_code == 204
    assert sign_in(guest, email, NEW).status_code == 200
    assert sign_in(guest, email, PASSWORD).json()["code"] == "invalid_credentials"


def test_an_unknown_address_is_told_nothing(guest: APIClient, pool: Pool) -> None:
    assert told(forget(guest, "nobody@example.com")) == told(forget(guest, pool.new_user()))
    answer = reset(guest, email="nobody@example.com")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_code")


@pytest.mark.parametrize(
    "refusal",
    [
        ("UserNotFoundException", "Username/client id combination not found."),
        ("InvalidParameterException", "Cannot reset password for the user as there is no registered/verified email"),
        ("NotAuthorizedException", "User password cannot be reset in the current state."),
        ("LimitExceededException", "Attempt limit exceeded, please try after some time."),
        ("CodeDeliveryFailureException", "Unable to deliver the message"),
    ],
)
def test_a_code_that_is_not_mailed_is_not_told(guest: APIClient, cognito: StandIn, refusal: tuple[str, str]) -> None:
    cognito.answers["ForgotPassword"] = {"CodeDeliveryDetails": {"Destination": "n***@e***"}}
    usual = told(forget(guest))
    cognito.answers["ForgotPassword"] = (400, *refusal)
    assert told(forget(guest)) == usual
    assert (usual["status"], usual["body"]) == (204, None)


@pytest.mark.parametrize(
    "refusal",
    [
        ("UserNotFoundException", "Username/client id combination not found."),
        ("ExpiredCodeException", "Invalid code provided, please request a code again."),
        ("UserNotConfirmedException", "User is not confirmed."),
        ("NotAuthorizedException", "User is disabled."),
        ("InvalidParameterException", "Cannot reset password for the user as there is no registered/verified email"),
    ],
)
def test_whoever_has_no_code_looks_like_who_has_a_wrong_one(
    guest: APIClient, cognito: StandIn, refusal: tuple[str, str]
) -> None:
    cognito.answers["ConfirmForgotPassword"] = (400, "CodeMismatchException", "Invalid verification code provided.")
    usual = told(reset(guest))
    cognito.answers["ConfirmForgotPassword"] = (400, *refusal)
    assert told(reset(guest)) == usual
    assert (usual["status"], usual["body"]["code"]) == (400, "invalid_code")


def test_a_weak_password_is_refused_before_anybody_looks_at_address_and_code(
    guest: APIClient, cognito: StandIn
) -> None:
    answer = reset(guest, password="short")
    assert (answer.status_code, answer.json()["code"]) == (400, "weak_password")
    assert answer.json()["errors"][0]["field"] == "password"
    assert not cognito.calls["ConfirmForgotPassword"]


@pytest.mark.parametrize("code", ["InvalidPasswordException", "PasswordHistoryPolicyViolationException"])
def test_what_cognito_itself_finds_weak_is_weak(guest: APIClient, cognito: StandIn, code: str) -> None:
    cognito.answers["ConfirmForgotPassword"] = (400, code, "Password does not conform to policy")
    answer = reset(guest)
    assert (answer.status_code, answer.json()["code"]) == (400, "weak_password")
    assert answer.json()["errors"][0]["field"] == "password"


@pytest.mark.parametrize(
    ("error", "status", "code"), [(THROTTLED, 429, "too_many_attempts"), (DOWN, 503, "unavailable")]
)
def test_what_cognito_says_to_everybody_is_told(
    guest: APIClient, cognito: StandIn, error: tuple[int, str, str], status: int, code: str
) -> None:
    cognito.answers["ForgotPassword"] = cognito.answers["ConfirmForgotPassword"] = error
    for answer in (forget(guest), reset(guest)):
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert int(answer["Retry-After"]) > 0


def test_too_many_wrong_codes_are_told(guest: APIClient, cognito: StandIn) -> None:
    cognito.answers["ConfirmForgotPassword"] = (400, "LimitExceededException", "Attempt limit exceeded")
    assert (reset(guest).status_code, reset(guest).json()["code"]) == (429, "too_many_attempts")


def test_while_the_rules_for_passwords_cannot_be_read_it_is_503(guest: APIClient, cognito: StandIn) -> None:
    cognito.answers["DescribeUserPool"] = (400, "AccessDeniedException", "not authorized to perform this")
    answer = reset(guest)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


def test_who_is_signed_in_changes_the_password(guest: APIClient, pool: Pool) -> None:
    email = pool.new_user()
    client = APIClient()
    client.default_format = "json"
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {sign_in(guest, email, PASSWORD).json()['access_token']}")
    wrong = change(client, password="Wrong-Horse-7")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "wrong_password")
    assert wrong.json()["errors"][0]["field"] == "password"
    weak = change(client, new_password="short")
    assert (weak.status_code, weak.json()["code"]) == (400, "weak_password")
    assert weak.json()["errors"][0]["field"] == "new_password"
    assert change(client).status_code == 204
    assert sign_in(guest, email, NEW).status_code == 200
    assert sign_in(guest, email, PASSWORD).status_code == 401


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ((400, "NotAuthorizedException", "Incorrect username or password."), (400, "wrong_password")),
        ((400, "NotAuthorizedException", "Access Token has been revoked"), (401, "invalid_token")),
        ((400, "NotAuthorizedException", "Password attempts exceeded"), (429, "too_many_attempts")),
        ((400, "LimitExceededException", "Attempt limit exceeded"), (429, "too_many_attempts")),
        ((400, "InvalidPasswordException", "Password does not conform to policy"), (400, "weak_password")),
        ((400, "InvalidParameterException", "Value at 'proposedPassword' failed"), (400, "weak_password")),
        ((400, "PasswordHistoryPolicyViolationException", "Password has been used"), (400, "weak_password")),
        (DOWN, (503, "unavailable")),
    ],
)
def test_what_cognito_says_to_a_change_becomes_a_problem(
    client_of: Callable[[User], APIClient],
    customer: User,
    cognito: StandIn,
    error: tuple[int, str, str],
    expected: tuple[int, str],
) -> None:
    cognito.answers["ChangePassword"] = error
    answer = change(client_of(customer))
    assert (answer.status_code, answer.json()["code"]) == expected
    assert ("Retry-After" in answer) == (expected[0] in (429, 503))


def test_the_callers_own_token_goes_to_cognito(mint: Callable[[User], str], customer: User, cognito: StandIn) -> None:
    cognito.answers["ChangePassword"] = {}
    token, client = mint(customer), APIClient()
    client.default_format = "json"
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert change(client).status_code == 204
    assert cognito.sent["ChangePassword"] == {
        "AccessToken": token,
        "PreviousPassword": PASSWORD,
        "ProposedPassword": NEW,
    }


def test_a_change_is_for_the_signed_in(guest: APIClient, cognito: StandIn) -> None:
    answer = change(guest)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert not cognito.calls


@pytest.mark.parametrize("body", [{}, {"email": "nobody"}, {"email": EMAIL, "code": CODE}, []])
def test_it_refuses_input_that_names_nobody(guest: APIClient, cognito: StandIn, body: Any) -> None:
    answer = guest.post("/auth/forgot-password", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    assert not cognito.calls
