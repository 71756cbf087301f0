"""A second factor: turned on, asked for at each sign-in, and turned off by nobody who merely has a token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from django.conf import settings as configured
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.conftest import PASSWORD, Answer, Pool, StandIn, totp

pytestmark = pytest.mark.django_db
EMAIL = "nora@example.com"
SESSION = "a-session-of-cognitos-which-is-long"
ASKED: dict[str, Any] = {"ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": SESSION, "ChallengeParameters": {}}
CODE_STEP = "RespondToAuthChallenge SOFTWARE_TOKEN_MFA"


def sign_in(guest: APIClient, email: str = EMAIL, password: str = PASSWORD, **more: Any) -> Any:
    return guest.post("/auth/login", {"email": email, "password": password, **more})


def answer_mfa(guest: APIClient, **changes: Any) -> Any:
    return guest.post("/auth/login/mfa", {"email": EMAIL, "session": SESSION, "code": "123456"} | changes)


def bearer(tokens: Any) -> APIClient:
    client = APIClient()
    client.default_format = "json"
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.json()['access_token']}")
    return client


def told(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def wrong(code: str) -> str:
    return f"{(int(code) + 500_000) % 1_000_000:06}"


@pytest.fixture
def nora(client_of: Callable[[User], APIClient], db: None) -> APIClient:
    """Signed in, by a token that the stand-in need not know."""
    return client_of(User.objects.create_user(EMAIL, cognito_sub="sub-nora"))


def enrolled(client: APIClient) -> str:
    """Turns the second factor on; its secret."""
    secret: str = client.post("/me/mfa", {"password": PASSWORD}).json()["secret"]
    assert client.post("/me/mfa/confirm", {"code": totp(secret)}).status_code == 204
    return secret


def test_who_turns_it_on_signs_in_with_a_code_from_then_on(guest: APIClient, pool: Pool) -> None:
    email = pool.new_user()
    client = bearer(sign_in(guest, email))
    assert client.get("/me/mfa").json() == {"enabled": False}
    secret = enrolled(client)
    assert client.get("/me/mfa").json() == {"enabled": True}

    first = sign_in(guest, email)
    assert told(first) == (403, "mfa_required")
    assert "access_token" not in first.json()
    session = first.json()["session"]
    refused = answer_mfa(guest, email=email, session=session, code=wrong(totp(secret)))
    assert told(refused) == (401, "invalid_code")
    tokens = answer_mfa(guest, email=email, session=session, code=totp(secret))
    assert tokens.status_code == 200
    assert tokens["Cache-Control"] == "no-store"
    assert bearer(tokens).get("/me").json()["email"] == email
    assert told(sign_in(guest, email, "Wrong-Horse-7")) == (401, "invalid_credentials")


def test_it_is_on_only_after_a_code_of_the_new_secret(guest: APIClient, pool: Pool) -> None:
    email = pool.new_user()
    client = bearer(sign_in(guest, email))
    secret = client.post("/me/mfa", {"password": PASSWORD}).json()["secret"]
    assert told(client.post("/me/mfa/confirm", {"code": wrong(totp(secret))})) == (400, "invalid_code")
    assert client.get("/me/mfa").json() == {"enabled": False}
    assert sign_in(guest, email).status_code == 200


def test_the_secret_comes_with_the_address_that_apps_read_as_a_qr_code(guest: APIClient, pool: Pool) -> None:
    email = pool.new_user()
    answer = bearer(sign_in(guest, email)).post("/me/mfa", {"password": PASSWORD})
    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    uri = urlsplit(answer.json()["otpauth_uri"])
    assert (uri.scheme, uri.netloc, unquote(uri.path)) == ("otpauth", "totp", f"/{configured.SHOP_NAME}:{email}")
    assert parse_qs(uri.query) == {"secret": [answer.json()["secret"]], "issuer": [configured.SHOP_NAME]}


def test_a_token_alone_turns_it_neither_off_nor_into_another(guest: APIClient, pool: Pool) -> None:
    email = pool.new_user()
    client = bearer(sign_in(guest, email))
    secret = enrolled(client)
    for path in ("/me/mfa", "/me/mfa/disable"):
        assert told(client.post(path, {})) == (400, "validation_error")
        assert told(client.post(path, {"password": "Wrong-Horse-7"})) == (400, "wrong_password")
    again = sign_in(guest, email)
    assert told(again) == (403, "mfa_required")
    assert answer_mfa(guest, email=email, session=again.json()["session"], code=totp(secret)).status_code == 200

    assert client.post("/me/mfa/disable", {"password": PASSWORD}).status_code == 204
    assert client.get("/me/mfa").json() == {"enabled": False}
    assert sign_in(guest, email).status_code == 200


def test_the_sign_in_that_checks_the_password_leaves_nothing_behind(
    client_of: Callable[[User], APIClient], customer: User, cognito: StandIn
) -> None:
    cognito.knows(customer.email)
    cognito.takes_password(tokens("theirs"))
    cognito.answers |= {"RevokeToken": {}, "AssociateSoftwareToken": {"SecretCode": "ABC"}}
    assert client_of(customer).post("/me/mfa", {"password": PASSWORD}).json()["secret"] == "ABC"
    assert cognito.sent["RevokeToken"]["Token"] == "refresh-theirs"


def tokens(access: str) -> dict[str, Any]:
    given = {"AccessToken": access, "IdToken": "i", "RefreshToken": f"refresh-{access}"}
    return {"AuthenticationResult": given | {"TokenType": "Bearer", "ExpiresIn": 3600}}


def test_the_code_goes_to_cognito_with_the_session_of_the_first_step(
    guest: APIClient, customer: User, mint: Callable[[User], str], cognito: StandIn
) -> None:
    cognito.knows(customer.email)
    cognito.takes_password(ASKED)
    token = mint(customer)
    cognito.answers[CODE_STEP] = tokens(token)
    session = sign_in(guest).json()["session"]
    assert session == SESSION
    assert answer_mfa(guest, session=session).json()["access_token"] == token
    assert cognito.sent[CODE_STEP] == {
        "ClientId": configured.COGNITO_CLIENT_ID,
        "ChallengeName": "SOFTWARE_TOKEN_MFA",
        "Session": SESSION,
        "ChallengeResponses": {"USERNAME": EMAIL, "SOFTWARE_TOKEN_MFA_CODE": "123456"},
    }


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ((400, "CodeMismatchException", "Invalid code received for user"), (401, "invalid_code")),
        ((400, "ExpiredCodeException", "Your software token has already been used once."), (401, "invalid_code")),
        ((400, "NotAuthorizedException", "Invalid session for the user, session is expired."),
         (401, "mfa_session_expired")),
        ((400, "InvalidParameterException", "Value at 'session' failed"), (401, "mfa_session_expired")),
        ((400, "UserNotFoundException", "User does not exist."), (401, "mfa_session_expired")),
        ((400, "UserLambdaValidationException", "PreAuthentication failed"), (403, "customer_blocked")),
        ((400, "NotAuthorizedException", "Password attempts exceeded"), (429, "too_many_attempts")),
        ((400, "TooManyRequestsException", "Rate exceeded"), (429, "too_many_attempts")),
        ((500, "InternalErrorException", ""), (503, "unavailable")),
    ],
)  # fmt: skip
def test_what_cognito_says_to_a_code_becomes_a_problem(
    guest: APIClient, cognito: StandIn, error: Answer, expected: tuple[int, str]
) -> None:
    cognito.answers[CODE_STEP] = error
    answer = answer_mfa(guest)
    assert told(answer) == expected
    assert ("WWW-Authenticate" in answer) == (expected[0] == 401)


@pytest.mark.parametrize(
    ("challenge", "code"),
    [("NEW_PASSWORD_REQUIRED", "password_change_required"), ("SMS_MFA", "challenge_not_supported"),
     ("MFA_SETUP", "challenge_not_supported"), ("SELECT_MFA_TYPE", "challenge_not_supported")],
)  # fmt: skip
def test_a_step_that_the_sign_in_does_not_have_is_named(
    guest: APIClient, cognito: StandIn, challenge: str, code: str
) -> None:
    cognito.takes_password({"ChallengeName": challenge, "Session": SESSION, "ChallengeParameters": {}})
    answer = sign_in(guest)
    assert told(answer) == (403, code)
    assert "session" not in answer.json()


@pytest.mark.parametrize(
    ("call", "error", "expected"),
    [
        ("AssociateSoftwareToken", "SoftwareTokenMFANotFoundException", "409 mfa_not_offered"),
        ("AssociateSoftwareToken", "NotAuthorizedException", "401 invalid_token"),
        ("AssociateSoftwareToken", "TooManyRequestsException", "429 too_many_attempts"),
        ("VerifySoftwareToken", "EnableSoftwareTokenMFAException", "400 invalid_code"),
        ("VerifySoftwareToken", "CodeMismatchException", "400 invalid_code"),
        ("VerifySoftwareToken", "SoftwareTokenMFANotFoundException", "400 invalid_code"),
        ("VerifySoftwareToken", "NotAuthorizedException", "401 invalid_token"),
        ("SetUserMFAPreference", "InvalidParameterException", "409 mfa_not_offered"),
        ("GetUser", "NotAuthorizedException", "401 invalid_token"),
    ],
)
def test_what_cognito_says_to_a_change_becomes_a_problem(
    nora: APIClient, cognito: StandIn, call: str, error: str, expected: str
) -> None:
    cognito.knows(EMAIL)
    cognito.takes_password(ASKED)
    cognito.answers |= {"AssociateSoftwareToken": {"SecretCode": "A"}, "VerifySoftwareToken": {"Status": "SUCCESS"}}
    cognito.answers[call] = (400, error, "no")
    step = "/me/mfa" if call in {"AssociateSoftwareToken", "GetUser"} else "/me/mfa/confirm"
    answer = nora.post(step, {"password": PASSWORD} if step == "/me/mfa" else {"code": "123456"})
    assert "{} {}".format(*told(answer)) == expected


def test_a_code_that_cognito_does_not_take_turns_nothing_on(
    client_of: Callable[[User], APIClient], customer: User, cognito: StandIn
) -> None:
    cognito.answers["VerifySoftwareToken"] = {"Status": "ERROR"}
    assert told(client_of(customer).post("/me/mfa/confirm", {"code": "123456"})) == (400, "invalid_code")
    assert not cognito.calls["SetUserMFAPreference"]


def test_turned_off_is_turned_off_in_cognito(
    client_of: Callable[[User], APIClient], customer: User, mint: Callable[[User], str], cognito: StandIn
) -> None:
    cognito.knows(customer.email)
    cognito.takes_password(ASKED)
    cognito.answers["SetUserMFAPreference"] = {}
    assert client_of(customer).post("/me/mfa/disable", {"password": PASSWORD}).status_code == 204
    assert cognito.sent["SetUserMFAPreference"]["SoftwareTokenMfaSettings"] == {
        "Enabled": False,
        "PreferredMfa": False,
    }


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"code": "12345"}, "code"),
        ({"code": 123456}, "code"),
        ({"code": "1234567"}, "code"),
        ({"code": "١٢٣٤٥٦"}, "code"),
        ({"session": ""}, "session"),
        ({"session": "x" * 19}, "session"),
        ({"session": "x" * 2049}, "session"),
        ({"email": "nobody"}, "email"),
        ({"pool": "local"}, "pool"),
        ({"password": PASSWORD}, "password"),
    ],
)
def test_it_names_the_field_that_is_wrong(guest: APIClient, cognito: StandIn, body: dict[str, Any], field: str) -> None:
    answer = answer_mfa(guest, **body)
    assert told(answer) == (400, "validation_error")
    assert [row["field"] for row in answer.json()["errors"]] == [field]
    assert not cognito.calls


# --- A password that an administrator gave ---------------------------------------------------------------------------
NEW = "Another-Horse-8"


def replace(guest: APIClient, email: str = EMAIL, **changes: Any) -> Any:
    return guest.post("/auth/new-password", {"email": email, "password": PASSWORD, "new_password": NEW} | changes)


def test_who_got_a_password_from_an_administrator_replaces_it_and_is_signed_in(guest: APIClient, pool: Pool) -> None:
    email = pool.new_user()
    pool.client.admin_set_user_password(
        UserPoolId=configured.COGNITO_POOL_ID, Username=email, Password=PASSWORD, Permanent=False
    )
    assert told(sign_in(guest, email)) == (403, "password_change_required")
    assert told(replace(guest, email, password="Wrong-Horse-7")) == (401, "invalid_credentials")
    weak = replace(guest, email, new_password="short")
    assert told(weak) == (400, "weak_password")
    assert weak.json()["errors"][0]["field"] == "new_password"
    answer = replace(guest, email)
    assert answer.status_code == 200
    assert bearer(answer).get("/me").json()["email"] == email
    assert sign_in(guest, email, NEW).status_code == 200
    assert told(sign_in(guest, email)) == (401, "invalid_credentials")


def test_who_need_not_change_the_password_signs_in_and_keeps_it(guest: APIClient, pool: Pool) -> None:
    email = pool.new_user()
    assert replace(guest, email).status_code == 200
    assert sign_in(guest, email).status_code == 200


def test_the_new_password_goes_with_the_session_and_may_be_followed_by_a_code(
    guest: APIClient, cognito: StandIn
) -> None:
    challenge = "NEW_PASSWORD_REQUIRED"
    cognito.takes_password(
        {"ChallengeName": challenge, "Session": "first" * 9, "ChallengeParameters": {"USER_ID_FOR_SRP": "sub-nora"}}
    )
    cognito.answers[f"RespondToAuthChallenge {challenge}"] = ASKED
    answer = replace(guest)
    assert told(answer) == (403, "mfa_required")
    assert answer.json()["session"] == SESSION
    sent = cognito.sent[f"RespondToAuthChallenge {challenge}"]
    assert (sent["Session"], sent["ChallengeResponses"]) == (
        "first" * 9,
        {"USERNAME": "sub-nora", "NEW_PASSWORD": NEW},
    )
