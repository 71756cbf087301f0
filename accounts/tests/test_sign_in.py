from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as configured
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.conftest import PASSWORD, Pool, StandIn
from events import aws

pytestmark = pytest.mark.django_db


def sign_in(guest: APIClient, email: str, password: str = PASSWORD) -> Any:
    return guest.post("/auth/login", {"email": email, "password": password})


def bearer(token: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def test_the_right_password_gives_tokens_that_the_shop_accepts(guest: APIClient, pool: Pool) -> None:
    email = pool.new_user(name="Nora New")
    answer = sign_in(guest, email)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    body = answer.json()
    assert body.keys() == {"access_token", "id_token", "refresh_token", "token_type", "expires_in"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)
    me = bearer(body["access_token"]).get("/me").json()
    assert me == {"id": str(User.objects.get().pk), "email": email, "name": "Nora New", "language": "en"}


def test_the_id_token_is_no_access_token(guest: APIClient, pool: Pool) -> None:
    tokens = sign_in(guest, pool.new_user()).json()
    answer = bearer(tokens["id_token"]).get("/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(guest: APIClient, pool: Pool) -> None:
    wrong = sign_in(guest, pool.new_user(), "wrong")
    unknown = sign_in(guest, "nobody@example.com", "wrong")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "invalid_credentials")
    assert unknown.status_code == 401
    assert wrong.json() | {"request_id": ""} == unknown.json() | {"request_id": ""}
    assert not User.objects.exists()


def test_an_old_token_in_the_header_keeps_nobody_from_signing_in(pool: Pool) -> None:
    client = bearer("garbage")
    client.default_format = "json"
    assert sign_in(client, pool.new_user()).status_code == 200


def test_the_blocked_get_no_tokens(guest: APIClient, pool: Pool) -> None:
    email = pool.new_user()
    sign_in(guest, email)
    User.objects.update(is_active=False)
    answer = sign_in(guest, email)
    assert (answer.status_code, answer.json()["code"]) == (403, "customer_blocked")
    assert "access_token" not in answer.json()


def test_refreshing_gives_new_tokens_until_the_sign_out(guest: APIClient, pool: Pool) -> None:
    tokens = sign_in(guest, pool.new_user()).json()
    again = {"refresh_token": tokens["refresh_token"]}
    refreshed = guest.post("/auth/refresh", again)
    assert refreshed.status_code == 200
    assert refreshed.json().keys() == tokens.keys()
    assert bearer(refreshed.json()["access_token"]).get("/me").status_code == 200
    assert guest.post("/auth/logout", again).status_code == 204
    refused = guest.post("/auth/refresh", again)
    assert (refused.status_code, refused.json()["code"]) == (401, "invalid_token")
    assert guest.post("/auth/logout", again).status_code == 204


def test_a_refresh_token_that_the_pool_rotates_is_replaced_by_the_new_one(guest: APIClient, cognito: StandIn) -> None:
    given = {"AccessToken": "a", "IdToken": "i", "TokenType": "Bearer", "ExpiresIn": 3600}
    cognito.answers["GetTokensFromRefreshToken"] = {"AuthenticationResult": given | {"RefreshToken": "new"}}
    assert guest.post("/auth/refresh", {"refresh_token": "old"}).json()["refresh_token"] == "new"
    assert cognito.sent["GetTokensFromRefreshToken"] == {
        "RefreshToken": "old",
        "ClientId": configured.COGNITO_CLIENT_ID,
    }
    cognito.answers["GetTokensFromRefreshToken"] = {"AuthenticationResult": given}
    assert guest.post("/auth/refresh", {"refresh_token": "kept"}).json()["refresh_token"] == "kept"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ("RefreshTokenReuseException", "The refresh token was used before and is not within its grace period."),
        ("NotAuthorizedException", "Refresh Token has been revoked"),
        ("NotAuthorizedException", "Invalid Refresh Token"),
        ("UserNotFoundException", "User does not exist."),
    ],
)
def test_a_refresh_token_that_was_rotated_away_or_revoked_is_worthless(
    guest: APIClient, cognito: StandIn, error: str, message: str
) -> None:
    cognito.answers["GetTokensFromRefreshToken"] = (400, error, message)
    answer = guest.post("/auth/refresh", {"refresh_token": "old"})
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


WRONG = (400, "NotAuthorizedException", "Incorrect username or password.")
UNKNOWN = (400, "UserNotFoundException", "User does not exist.")


def test_an_unknown_address_costs_the_calls_of_a_wrong_password(guest: APIClient, cognito: StandIn) -> None:
    """Whether the pool hides it, as it should, by a challenge that nobody can answer, or says it at the first step."""
    cognito.takes_password(WRONG)
    told = []
    for first_step in (cognito.answers["InitiateAuth"], UNKNOWN):
        cognito.answers["InitiateAuth"] = first_step
        cognito.calls.clear()
        answer = sign_in(guest, "a@example.com")
        told.append((answer.status_code, answer.json() | {"request_id": ""}, dict(cognito.calls)))
    assert told[0] == told[1]
    assert told[0][2] == {"InitiateAuth": 1, "RespondToAuthChallenge PASSWORD_VERIFIER": 1}
    assert told[0][1]["code"] == "invalid_credentials"


def test_whoever_wants_to_know_who_has_an_account_sees_as_many_calls_for_everybody(
    guest: APIClient, cognito: StandIn
) -> None:
    taken = (400, "UsernameExistsException", "User already exists")
    sign_up = {"email": "a@example.com", "password": PASSWORD, "name": "A"}
    email = {"email": "a@example.com"}
    for path, body, call, answers in (
        ("/auth/sign-up", sign_up, "SignUp", ({"UserConfirmed": False, "UserSub": "s"}, taken)),
        ("/auth/forgot-password", email, "ForgotPassword", ({}, UNKNOWN)),
        ("/auth/resend-code", email, "ResendConfirmationCode", ({}, UNKNOWN)),
        ("/auth/confirm", email | {"code": "1"}, "ConfirmSignUp", (UNKNOWN, (400, "CodeMismatchException", ""))),
    ):
        for cognito.answers[call] in answers:
            cognito.calls.clear()
            guest.post(path, body)
            assert {name: count for name, count in cognito.calls.items() if name != "DescribeUserPool"} == {call: 1}


def test_a_new_address_in_cognito_is_taken_over_at_the_next_sign_in(guest: APIClient, pool: Pool) -> None:
    old = pool.new_user()
    sign_in(guest, old)
    new = f"new-{old}"
    attributes = [{"Name": "email", "Value": new}, {"Name": "email_verified", "Value": "true"}]
    pool.client.admin_update_user_attributes(
        UserPoolId=configured.COGNITO_POOL_ID, Username=old, UserAttributes=attributes
    )
    assert sign_in(guest, new).status_code == 200
    assert User.objects.get().email == new


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "a@example.com"},
        {"email": "a@example.com", "password": ""},
        {"email": "a@example.com", "password": 5},
        {"email": "a@example.com", "password": None},
        {"email": "a@example.com", "password": "x" * 257},
        {"email": "no address", "password": "x"},
        {"email": f"{'a' * 60}@{'b' * 60}.{'c' * 60}.com", "password": "x"},
        {"email": ["a@example.com"], "password": "x"},
        {"email": "a@example.com", "password": "x", "remember": True},
        {"email": "a@example.com", "password": "x", "pool": "local"},
        {"email": "a@example.com", "password": "x", "pool": ["staff"]},
        [],
    ],
)
def test_it_refuses_input_that_is_no_sign_in(guest: APIClient, cognito: StandIn, body: Any) -> None:
    answer = guest.post("/auth/login", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    assert not cognito.calls


@pytest.mark.parametrize("path", ["/auth/login", "/auth/refresh", "/auth/logout"])
def test_while_cognito_is_away_it_is_503(guest: APIClient, settings: Settings, cognito: StandIn, path: str) -> None:
    cognito.shutdown()
    cognito.server_close()
    body = {"email": "a@example.com", "password": "x"} if path == "/auth/login" else {"refresh_token": "x"}
    answer = guest.post(path, body)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer["Retry-After"]) > 0


@pytest.mark.parametrize("path", ["/auth/login", "/auth/refresh", "/auth/logout", "/auth/forgot-password"])
def test_who_waits_for_a_cognito_that_says_nothing_hears_503_and_it_is_asked_once(
    guest: APIClient, monkeypatch: pytest.MonkeyPatch, cognito: StandIn, path: str
) -> None:
    monkeypatch.setitem(aws.WAITS["cognito-idp"], "read_timeout", 0.2)
    answered = threading.Event()
    cognito.before_answer = lambda: answered.wait(30)
    email = {"email": "a@example.com"}
    body = {"/auth/login": email | {"password": "x"}, "/auth/forgot-password": email}.get(path, {"refresh_token": "x"})
    answer = guest.post(path, body)
    answered.set()
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer["Retry-After"]) > 0
    assert sum(cognito.calls.values()) == 1


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        ((400, "TooManyRequestsException", "Rate exceeded"), 429, "too_many_attempts"),
        ((400, "LimitExceededException", "Attempt limit exceeded"), 429, "too_many_attempts"),
        ((400, "NotAuthorizedException", "Password attempts exceeded"), 429, "too_many_attempts"),
        ((400, "NotAuthorizedException", "Incorrect username or password."), 401, "invalid_credentials"),
        ((400, "InvalidParameterException", "Value at 'username' failed"), 401, "invalid_credentials"),
        ((400, "PasswordResetRequiredException", "Password reset required"), 401, "invalid_credentials"),
        ((400, "UserNotConfirmedException", "User is not confirmed."), 403, "account_not_confirmed"),
        ((400, "UserLambdaValidationException", "PreAuthentication failed"), 403, "customer_blocked"),
        ((400, "ResourceNotFoundException", "User pool client c does not exist."), 503, "unavailable"),
        ((500, "InternalErrorException", "Something went wrong"), 503, "unavailable"),
        ((503, "ServiceUnavailable", ""), 503, "unavailable"),
    ],
)
def test_what_cognito_says_becomes_a_problem(
    guest: APIClient, cognito: StandIn, error: tuple[int, str, str], status: int, code: str
) -> None:
    cognito.answers["InitiateAuth"] = error
    answer = sign_in(guest, "a@example.com")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert ("Retry-After" in answer) == (status in (429, 503))


def test_me_has_an_etag_and_changes_name_and_language(client_of: Callable[[User], APIClient], customer: User) -> None:
    client = client_of(customer)
    first = client.get("/me")
    assert client.get("/me", HTTP_IF_NONE_MATCH=first["ETag"]).status_code == 304
    changed = client.patch("/me", {"name": "Carla C.", "language": "de"}, HTTP_IF_MATCH=first["ETag"])
    assert changed.status_code == 200
    assert (changed.json()["name"], changed.json()["language"]) == ("Carla C.", "de")
    assert client.get("/me").json() == changed.json()
    overtaken = client.patch("/me", {"name": "X"}, HTTP_IF_MATCH=first["ETag"])
    assert (overtaken.status_code, overtaken.json()["code"]) == (412, "precondition_failed")
    assert client.patch("/me", {}).json() == changed.json()


@pytest.mark.parametrize(
    "body",
    [
        {"email": "new@example.com"},
        {"id": "1"},
        {"is_staff": True},
        {"name": 5},
        {"name": None},
        {"name": "x" * 151},
        {"language": "german"},
        {"language": ""},
        {"language": "de DE"},
        {"language": None},
    ],
)
def test_me_refuses_what_is_not_the_persons_to_change(
    client_of: Callable[[User], APIClient], customer: User, body: dict[str, object]
) -> None:
    answer = client_of(customer).patch("/me", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    assert answer.json()["errors"][0]["field"] == next(iter(body))


def test_me_is_for_the_signed_in(guest: APIClient) -> None:
    answer = guest.get("/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_sign_in_takes_json_alone(client: Client) -> None:
    answer = client.post("/auth/login", {"email": "a@example.com", "password": "x"})
    assert answer.status_code == 415
