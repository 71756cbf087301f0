"""Signing in, refreshing and signing out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from pycognito.aws_srp import AWSSRP

from accounts.cognito.problems import InvalidCredentials, SignInRefused, translated
from accounts.profiles import Profile, profile_from
from events import aws


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
    refused = InvalidCredentials("E-mail address or password is wrong.", headers={"WWW-Authenticate": "Bearer"})
    named = {
        "UserNotConfirmedException": SignInRefused("Confirm the e-mail address first.", code="account_not_confirmed"),
        # The pre-authentication trigger said no.
        "UserLambdaValidationException": SignInRefused(
            "This account is blocked. Ask the shop.", code="customer_blocked"
        ),
    }
    with translated(refused, named):
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
    with translated(refused):
        answer = aws.client("cognito-idp").initiate_auth(
            AuthFlow="REFRESH_TOKEN_AUTH",
            ClientId=settings.COGNITO_CLIENT_ID,
            AuthParameters={"REFRESH_TOKEN": refresh_token},
        )
        return _tokens(answer, refresh_token)


def sign_out(refresh_token: str) -> None:
    """Makes a refresh token worthless. One that is worthless already is no error (RFC 7009, section 2.2)."""
    try:
        with translated(InvalidCredentials("The token is not valid.")):
            aws.client("cognito-idp").revoke_token(Token=refresh_token, ClientId=settings.COGNITO_CLIENT_ID)
    except InvalidCredentials:
        return


def profile_of(access_token: str) -> Profile:
    """The profile of the token's bearer (GetUser). Raises InvalidCredentials for a token that was revoked."""
    with translated(revoked_token()):
        answer = aws.client("cognito-idp").get_user(AccessToken=access_token)
    return profile_from({row["Name"]: row["Value"] for row in answer["UserAttributes"]})


def revoked_token() -> InvalidCredentials:
    """What is raised where our check lets a token pass, and Cognito does not."""
    return InvalidCredentials(
        "The access token is not valid: Cognito does not know it any more.",
        code="invalid_token",
        headers={"WWW-Authenticate": "Bearer"},
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
