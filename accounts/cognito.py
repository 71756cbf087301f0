"""Cognito, behind plain functions. What it answers becomes a value or a problem; no error of its library gets out."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from pycognito.aws_srp import AWSSRP
from pycognito.exceptions import ForceChangePasswordException, MFAChallengeException

from api.problems import Problem
from events import aws

log = logging.getLogger(__name__)

THROTTLED = {
    "TooManyRequestsException",
    "TooManyFailedAttemptsException",
    "LimitExceededException",
    "ThrottlingException",
}


class InvalidCredentials(Problem):
    """One answer for every reason, so that nobody learns from it which addresses have an account."""

    status, code = 401, "invalid_credentials"


class Unavailable(Problem):
    status, code = 503, "unavailable"


class Throttled(Problem):
    status, code = 429, "too_many_attempts"


class SignInRefused(Problem):
    """The password was right, and yet Cognito wants something first; `code` says what."""

    status, code = 403, "sign_in_refused"


@dataclass(frozen=True)
class Profile:
    """What the pool knows of a user that an access token alone does not say."""

    email: str
    email_verified: bool
    name: str


@dataclass(frozen=True)
class Tokens:
    """What a sign-in gives. `expires_in` is in seconds and tells of the access and the id token."""

    access_token: str
    id_token: str
    refresh_token: str
    token_type: str
    expires_in: int


def sign_in(email: str, password: str) -> Tokens:
    """Tokens for a user who knows the password (SRP: the password itself is never sent).

    Raises InvalidCredentials, SignInRefused, Throttled or Unavailable. `AWSSRP`, because `Cognito.authenticate` of the
    same library insists on AWS's own address as issuer.
    """
    with _translated(
        InvalidCredentials("E-mail address or password is wrong.", headers={"WWW-Authenticate": "Bearer"})
    ):
        answer = AWSSRP(
            username=email,
            password=password,
            pool_id=settings.COGNITO_POOL_ID,
            client_id=settings.COGNITO_CLIENT_ID,
            client=aws.client("cognito-idp"),
        ).authenticate_user()
        return _tokens(answer)


def refresh(refresh_token: str) -> Tokens:
    """New access and id tokens; the refresh token is the old one, unless the pool gave a new one."""
    refused = InvalidCredentials(
        "The refresh token is not valid (any more). Sign in again.",
        code="invalid_token",
        headers={"WWW-Authenticate": "Bearer"},
    )
    with _translated(refused):
        answer = aws.client("cognito-idp").initiate_auth(
            AuthFlow="REFRESH_TOKEN_AUTH",
            ClientId=settings.COGNITO_CLIENT_ID,
            AuthParameters={"REFRESH_TOKEN": refresh_token},
        )
        return _tokens(answer, refresh_token)


def sign_out(refresh_token: str) -> None:
    """Makes a refresh token worthless. One that is worthless already is no error (RFC 7009, section 2.2)."""
    try:
        with _translated(InvalidCredentials("The token is not valid.")):
            aws.client("cognito-idp").revoke_token(Token=refresh_token, ClientId=settings.COGNITO_CLIENT_ID)
    except InvalidCredentials:
        return


def profile_of(access_token: str) -> Profile:
    """The profile of the token's bearer (GetUser). Raises InvalidCredentials for a token that was revoked."""
    refused = InvalidCredentials(
        "The access token is not valid: Cognito does not know it any more.",
        code="invalid_token",
        headers={"WWW-Authenticate": "Bearer"},
    )
    with _translated(refused):
        answer = aws.client("cognito-idp").get_user(AccessToken=access_token)
    attributes = {row["Name"]: row["Value"] for row in answer["UserAttributes"]}
    return Profile(
        email=attributes.get("email", "").strip().lower(),
        email_verified=attributes.get("email_verified") == "true",
        name=attributes.get("name", "")[:150],
    )


def _tokens(answer: dict[str, Any], refresh_token: str = "") -> Tokens:
    result = answer.get("AuthenticationResult")
    if result is None:
        raise SignInRefused("This account needs a step that the shop does not offer.", code="challenge_not_supported")
    return Tokens(
        access_token=result["AccessToken"],
        id_token=result["IdToken"],
        refresh_token=result.get("RefreshToken", refresh_token),
        token_type=result["TokenType"],
        expires_in=result["ExpiresIn"],
    )


@contextmanager
def _translated(refused: InvalidCredentials) -> Iterator[None]:
    """Turns Cognito's errors into problems; `refused` is raised for whatever a wrong secret looks like."""
    try:
        yield
    except ForceChangePasswordException:
        raise SignInRefused("Choose a new password first.", code="password_change_required") from None
    except (MFAChallengeException, NotImplementedError):
        raise SignInRefused(
            "This account needs a step that the shop does not offer.", code="challenge_not_supported"
        ) from None
    except ClientError as error:
        raise _problem_of(error, refused) from None
    except BotoCoreError as error:
        log.warning("Cognito cannot be reached: %s", error)
        raise _unavailable() from None


def _problem_of(error: ClientError, refused: InvalidCredentials) -> Problem:
    code = error.response["Error"]["Code"]
    message = error.response["Error"].get("Message", "")
    # Cognito says "Password attempts exceeded" under the code of a wrong password.
    if code in THROTTLED or (code == "NotAuthorizedException" and "attempts exceeded" in message):
        return Throttled("Too many attempts. Wait a little.", headers={"Retry-After": "30"})
    match code:
        case "UserNotConfirmedException":
            return SignInRefused("Confirm the e-mail address first.", code="account_not_confirmed")
        case "UserLambdaValidationException":  # the pre-authentication trigger said no
            return SignInRefused("This account is blocked. Ask the shop.", code="customer_blocked")
        case "ResourceNotFoundException" | "InternalErrorException" | "AccessDeniedException":
            log.error("Cognito cannot serve us: %s", error)
            return _unavailable()
        case _ if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400) >= 500:
            log.warning("Cognito fails: %s", error)
            return _unavailable()
        case _:
            log.info("Cognito refused: %s", code)
            return refused


def _unavailable() -> Unavailable:
    return Unavailable("Sign-in cannot be checked right now. Try again shortly.", headers={"Retry-After": "5"})
