"""Signing up and confirming: what is answered, and that it never says whether an address has an account."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.conftest import PASSWORD, Pool, StandIn

pytestmark = pytest.mark.django_db
EMAIL = "nora@example.com"
CODE = "123456"


def post(guest: APIClient, path: str, **changes: Any) -> Any:
    bodies: dict[str, dict[str, Any]] = {
        "/auth/sign-up": {"email": EMAIL, "password": PASSWORD, "name": "Nora New"},
        "/auth/confirm": {"email": EMAIL, "code": CODE},
        "/auth/resend-code": {"email": EMAIL},
    }
    return guest.post(path, bodies[path] | changes)


def told(answer: Any) -> dict[str, Any]:
    """All that an answer says, but for what no two have in common."""
    headers = {name: value for name, value in answer.items() if name != "X-Request-ID"}
    body = answer.json() | {"request_id": ""} if answer.content else None
    return {"status": answer.status_code, "headers": headers, "body": body}


def test_somebody_signs_up_confirms_and_is_a_customer(guest: APIClient, pool: Pool) -> None:
    email = f"{uuid4().hex}@example.com"
    answer = post(guest, "/auth/sign-up", email=email)
    assert (answer.status_code, answer.json()) == (201, {"email": email})
    early = guest.post("/auth/login", {"email": email, "password": PASSWORD})
    assert (early.status_code, early.json()["code"]) == (403, "account_not_confirmed")
    assert post(guest, "/auth/resend-code", email=email).status_code == 204
    assert post(guest, "/auth/confirm", email=email).status_code == 204
    tokens = guest.post("/auth/login", {"email": email, "password": PASSWORD})
    assert tokens.status_code == 200
    guest.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.json()['access_token']}")
    assert guest.get("/me").json()["name"] == "Nora New"
    assert User.objects.get().role == "customer"


@pytest.mark.parametrize("password", [PASSWORD, "weak"])
def test_an_address_that_is_taken_gets_the_answer_of_one_that_is_not(
    guest: APIClient, pool: Pool, password: str
) -> None:
    taken, free = pool.new_user(), f"{uuid4().hex}@example.com"
    first = told(post(guest, "/auth/sign-up", email=taken, password=password, name="Eve"))
    second = told(post(guest, "/auth/sign-up", email=free, password=password, name="Eve"))
    assert first["status"] == (201 if password == PASSWORD else 400)
    assert str(first).replace(taken, free) == str(second)
    assert guest.post("/auth/login", {"email": taken, "password": PASSWORD}).status_code == 200


def test_what_cognito_says_of_a_taken_address_is_not_told(guest: APIClient, cognito: StandIn) -> None:
    cognito.answers["SignUp"] = {"UserConfirmed": False, "UserSub": "s"}
    free = told(post(guest, "/auth/sign-up"))
    for refusal in ("UsernameExistsException", "AliasExistsException"):
        cognito.answers["SignUp"] = (400, refusal, "User already exists")
        assert told(post(guest, "/auth/sign-up")) == free
    assert free["status"] == 201


def test_it_signs_up_with_address_and_name(guest: APIClient, cognito: StandIn) -> None:
    cognito.answers["SignUp"] = {"UserConfirmed": False, "UserSub": "s"}
    post(guest, "/auth/sign-up")
    sent = cognito.sent["SignUp"]
    assert (sent["Username"], sent["Password"]) == (EMAIL, PASSWORD)
    assert {row["Name"]: row["Value"] for row in sent["UserAttributes"]} == {"email": EMAIL, "name": "Nora New"}


@pytest.mark.parametrize(
    "password", ["Short-1", "no-capital-letter-1", "No-Digit-In-It", " Spaced-At-An-End-1", "Ä-lone-capital-1"]
)
def test_a_weak_password_is_refused_before_anybody_looks_at_the_address(
    guest: APIClient, cognito: StandIn, password: str
) -> None:
    answer = post(guest, "/auth/sign-up", password=password)
    assert (answer.status_code, answer.json()["code"]) == (400, "weak_password")
    assert [(row["field"], row["code"]) for row in answer.json()["errors"]] == [("password", "weak_password")]
    assert "10 characters or more, a capital letter, a digit" in answer.json()["detail"]
    assert not cognito.calls["SignUp"]


def test_the_rules_for_passwords_are_the_pools(guest: APIClient, cognito: StandIn) -> None:
    cognito.policy |= {"RequireSymbols": True, "MinimumLength": 12}
    cognito.answers["SignUp"] = {"UserConfirmed": False, "UserSub": "s"}
    assert post(guest, "/auth/sign-up", password="Correct7Horse7").json()["code"] == "weak_password"
    assert post(guest, "/auth/sign-up", password="Correct-Horse-7").status_code == 201
    assert cognito.calls["DescribeUserPool"] == 1


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        ((400, "InvalidPasswordException", "Password did not conform with policy"), 400, "weak_password"),
        ((400, "InvalidParameterException", "Value at 'password' failed to satisfy"), 400, "weak_password"),
        ((400, "InvalidParameterException", "Invalid email address format."), 400, "validation_error"),
        ((400, "NotAuthorizedException", "SignUp is not permitted for this user pool"), 403, "sign_up_refused"),
        ((400, "UserLambdaValidationException", "PreSignUp failed"), 403, "sign_up_refused"),
        ((400, "LimitExceededException", "Attempt limit exceeded"), 429, "too_many_attempts"),
        ((400, "TooManyRequestsException", "Rate exceeded"), 429, "too_many_attempts"),
        ((400, "UnexpectedLambdaException", "PreSignUp timed out"), 503, "unavailable"),
        ((500, "InternalErrorException", ""), 503, "unavailable"),
    ],
)
def test_what_cognito_says_to_a_sign_up_becomes_a_problem(
    guest: APIClient, cognito: StandIn, error: tuple[int, str, str], status: int, code: str
) -> None:
    cognito.answers["SignUp"] = error
    answer = post(guest, "/auth/sign-up")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert ("Retry-After" in answer) == (status in (429, 503))
    assert EMAIL not in answer.content.decode()


@pytest.mark.parametrize("path", ["/auth/confirm", "/auth/resend-code"])
@pytest.mark.parametrize(
    "refusal",
    [
        ("UserNotFoundException", "Username/client id combination not found."),
        ("CodeMismatchException", "Invalid verification code provided, please try again."),
        ("ExpiredCodeException", "Invalid code provided, please request a code again."),
        ("NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED"),
        ("InvalidParameterException", "User is already confirmed."),
        ("UserLambdaValidationException", "CustomMessage failed"),
    ],
)
def test_whoever_waits_for_no_code_looks_like_who_has_a_wrong_one(
    guest: APIClient, cognito: StandIn, path: str, refusal: tuple[str, str]
) -> None:
    cognito.answers["ConfirmSignUp"] = (400, "CodeMismatchException", "Invalid verification code provided.")
    cognito.answers["ResendConfirmationCode"] = {"CodeDeliveryDetails": {}}
    usual = told(post(guest, path))
    cognito.answers["ConfirmSignUp"] = cognito.answers["ResendConfirmationCode"] = (400, *refusal)
    assert told(post(guest, path)) == usual
    assert (usual["status"], usual["body"] and usual["body"]["code"]) in [(400, "invalid_code"), (204, None)]


@pytest.mark.parametrize("refusal", ["LimitExceededException", "CodeDeliveryFailureException"])
def test_another_code_that_is_not_mailed_is_not_told(guest: APIClient, cognito: StandIn, refusal: str) -> None:
    cognito.answers["ResendConfirmationCode"] = (400, refusal, "Attempt limit exceeded")
    assert post(guest, "/auth/resend-code").status_code == 204


def test_a_sign_up_whose_code_was_not_mailed_stands(guest: APIClient, cognito: StandIn) -> None:
    cognito.answers["SignUp"] = (400, "CodeDeliveryFailureException", "Unable to deliver the message")
    assert post(guest, "/auth/sign-up").status_code == 201


def test_it_confirms_with_the_code(guest: APIClient, cognito: StandIn) -> None:
    cognito.answers["ConfirmSignUp"] = {}
    answer = post(guest, "/auth/confirm", code=f" {CODE} ")
    assert (answer.status_code, answer.content) == (204, b"")
    assert (cognito.sent["ConfirmSignUp"]["Username"], cognito.sent["ConfirmSignUp"]["ConfirmationCode"]) == (
        EMAIL,
        CODE,
    )


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ((400, "TooManyFailedAttemptsException", "Attempt limit exceeded"), (429, "too_many_attempts")),
        ((400, "TooManyRequestsException", "Rate exceeded"), (429, "too_many_attempts")),
        ((400, "ResourceNotFoundException", "User pool client c does not exist."), (503, "unavailable")),
        ((503, "ServiceUnavailable", ""), (503, "unavailable")),
    ],
)
@pytest.mark.parametrize("path", ["/auth/confirm", "/auth/resend-code"])
def test_what_cognito_says_to_everybody_is_told(
    guest: APIClient, cognito: StandIn, path: str, error: tuple[int, str, str], expected: tuple[int, str]
) -> None:
    cognito.answers["ConfirmSignUp"] = cognito.answers["ResendConfirmationCode"] = error
    answer = post(guest, path)
    assert (answer.status_code, answer.json()["code"]) == expected
    assert int(answer["Retry-After"]) > 0


@pytest.mark.parametrize("path", ["/auth/sign-up", "/auth/confirm", "/auth/resend-code"])
def test_while_cognito_is_away_it_is_503(guest: APIClient, cognito: StandIn, path: str) -> None:
    cognito.shutdown()
    cognito.server_close()
    answer = post(guest, path)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("/auth/sign-up", {"email": "no address"}),
        ("/auth/sign-up", {"email": f"{'a' * 60}@{'b' * 60}.{'c' * 60}.com"}),
        ("/auth/sign-up", {"email": None}),
        ("/auth/sign-up", {"password": 5}),
        ("/auth/sign-up", {"password": ""}),
        ("/auth/sign-up", {"password": "x" * 257}),
        ("/auth/sign-up", {"name": ""}),
        ("/auth/sign-up", {"name": "Nora\nNew"}),
        ("/auth/sign-up", {"name": "x" * 151}),
        ("/auth/sign-up", {"is_staff": True}),
        ("/auth/confirm", {"code": ""}),
        ("/auth/confirm", {"code": 123456}),
        ("/auth/confirm", {"code": "1" * 65}),
        ("/auth/confirm", {"password": "x"}),
        ("/auth/resend-code", {"email": ""}),
        ("/auth/resend-code", {"code": "1"}),
    ],
)
def test_it_names_the_field_that_is_wrong(
    guest: APIClient, cognito: StandIn, path: str, change: dict[str, object]
) -> None:
    answer = post(guest, path, **change)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    assert [row["field"] for row in answer.json()["errors"]] == list(change)
    assert not cognito.calls
