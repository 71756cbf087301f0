"""Signing in, in as many steps as Cognito asks for, refreshing and signing out."""

from __future__ import annotations

import secrets
from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from pycognito.aws_srp import AWSSRP

from accounts.cognito.policy import check_password
from accounts.cognito.problems import (
    InvalidCredentials,
    MfaRequired,
    SignInRefused,
    WrongMfaCode,
    translated,
    weak_password,
)
from accounts.pools import Pool
from accounts.profiles import Profile, profile_from
from api.problems import Problem
from events import aws

BEARER = {"WWW-Authenticate": "Bearer"}


@dataclass(frozen=True)
class Tokens:
    """What a sign-in gives. `expires_in` is in seconds and tells of the access and the id token."""

    access_token: str
    id_token: str
    refresh_token: str
    token_type: str
    expires_in: int


def sign_in(pool: Pool, email: str, password: str) -> Tokens:
    """Tokens for a user who knows the password (SRP: the password itself is never sent).

    Raises InvalidCredentials, MfaRequired, SignInRefused, Throttled or Unavailable.
    """
    with translated(_wrong_password(), _refusals()):
        return _tokens(_prove(pool, email, password))


def answer_mfa(pool: Pool, email: str, session: str, code: str) -> Tokens:
    """Tokens for who has proved the password, and now gives the code that MfaRequired asked for.

    Raises WrongMfaCode, SignInRefused, Throttled, Unavailable, and InvalidCredentials when the session has run out.
    """
    over = InvalidCredentials("This sign-in has run out. Begin again.", code="mfa_session_expired", headers=BEARER)
    wrong = WrongMfaCode("This is not the code, or it was used before. Wait for the next one.", headers=BEARER)
    with translated(over, _refusals() | {"CodeMismatchException": wrong, "ExpiredCodeException": wrong}):
        return _tokens(
            aws.client("cognito-idp").respond_to_auth_challenge(
                ClientId=pool.client_id,
                ChallengeName="SOFTWARE_TOKEN_MFA",
                Session=session,
                ChallengeResponses={"USERNAME": email, "SOFTWARE_TOKEN_MFA_CODE": code},
            )
        )


def replace_password(pool: Pool, email: str, password: str, new_password: str) -> Tokens:
    """Tokens for who has a password from an administrator, and a new one from now on.

    Whoever need not change it gets tokens as well, and keeps the password. Raises WeakPassword and what `sign_in` does.
    """
    check_password(pool, new_password, "new_password")
    with translated(_wrong_password(), _refusals() | weak_password("new_password")):
        answer = _prove(pool, email, password)
        if answer.get("ChallengeName") == "NEW_PASSWORD_REQUIRED":
            answer = aws.client("cognito-idp").respond_to_auth_challenge(
                ClientId=pool.client_id,
                ChallengeName="NEW_PASSWORD_REQUIRED",
                Session=answer["Session"],
                ChallengeResponses={
                    "USERNAME": answer["ChallengeParameters"].get("USER_ID_FOR_SRP", email),
                    "NEW_PASSWORD": new_password,
                },
            )
        return _tokens(answer)


def refresh(pool: Pool, refresh_token: str) -> Tokens:
    """New access and id tokens; the refresh token is the old one, unless the app client rotates them.

    GetTokensFromRefreshToken is the one call that works for both kinds of client. Raises InvalidCredentials, Throttled
    or Unavailable; a token that was rotated away is as worthless as a revoked one.
    """
    refused = InvalidCredentials(
        "The refresh token is not valid (any more). Sign in again.", code="invalid_token", headers=BEARER
    )
    with translated(refused):
        answer = aws.client("cognito-idp").get_tokens_from_refresh_token(
            ClientId=pool.client_id, RefreshToken=refresh_token
        )
        return _tokens(answer, refresh_token)


def sign_out(pool: Pool, refresh_token: str) -> None:
    """Makes a refresh token worthless. One that is worthless already is no error (RFC 7009, section 2.2)."""
    try:
        with translated(InvalidCredentials("The token is not valid.")):
            aws.client("cognito-idp").revoke_token(Token=refresh_token, ClientId=pool.client_id)
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
        "The access token is not valid: Cognito does not know it any more.", code="invalid_token", headers=BEARER
    )


def _refusals() -> dict[str, Problem]:
    return {
        "UserNotConfirmedException": SignInRefused("Confirm the e-mail address first.", code="account_not_confirmed"),
        # The pre-authentication trigger said no.
        "UserLambdaValidationException": SignInRefused(
            "This account is blocked. Ask the shop.", code="customer_blocked"
        ),
    }


def _wrong_password() -> InvalidCredentials:
    return InvalidCredentials("E-mail address or password is wrong.", headers=BEARER)


def _prove(pool: Pool, email: str, password: str) -> dict[str, Any]:
    """Cognito's answer to a right password: tokens, or the next challenge. Always two calls, and as much arithmetic.

    `AWSSRP` alone, because `Cognito.authenticate` of the same library insists on AWS's own address as issuer, and
    `authenticate_user` throws the session of some challenges away.
    """
    cognito = aws.client("cognito-idp")
    srp = AWSSRP(username=email, password=password, pool_id=pool.id, client_id=pool.client_id, client=cognito)
    asked = srp.get_auth_params()
    try:
        challenge = cognito.initiate_auth(AuthFlow="USER_SRP_AUTH", ClientId=pool.client_id, AuthParameters=asked)
    except cognito.exceptions.UserNotFoundException:
        # The client is not set to hide who has an account (PreventUserExistenceErrors): it takes as long all the same.
        challenge = _made_up(email)
    if challenge["ChallengeName"] != AWSSRP.PASSWORD_VERIFIER_CHALLENGE:
        return dict(challenge)
    answer: dict[str, Any] = cognito.respond_to_auth_challenge(
        ClientId=pool.client_id,
        ChallengeName=AWSSRP.PASSWORD_VERIFIER_CHALLENGE,
        ChallengeResponses=srp.process_challenge(challenge["ChallengeParameters"], asked),
    )
    return answer


def _made_up(email: str) -> dict[str, Any]:
    return {
        "ChallengeName": AWSSRP.PASSWORD_VERIFIER_CHALLENGE,
        "ChallengeParameters": {
            "USER_ID_FOR_SRP": email,
            "SALT": secrets.token_hex(16),
            "SRP_B": secrets.token_hex(384),
            "SECRET_BLOCK": b64encode(secrets.token_bytes(512)).decode(),
        },
    }


def _tokens(answer: dict[str, Any], refresh_token: str = "") -> Tokens:
    if result := answer.get("AuthenticationResult"):
        return Tokens(
            access_token=result["AccessToken"],
            id_token=result["IdToken"],
            refresh_token=result.get("RefreshToken", refresh_token),
            token_type=result["TokenType"],
            expires_in=result["ExpiresIn"],
        )
    match answer.get("ChallengeName"):
        case "SOFTWARE_TOKEN_MFA":
            raise MfaRequired("Give the code of the authenticator app.", session=answer["Session"])
        case "NEW_PASSWORD_REQUIRED":
            raise SignInRefused("Choose a new password first.", code="password_change_required")
        case _:
            raise SignInRefused(
                "This account needs a step that the shop does not offer.", code="challenge_not_supported"
            )
