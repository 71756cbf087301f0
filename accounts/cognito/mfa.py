"""A second factor: codes of an authenticator app (TOTP, RFC 6238), which Cognito calls a software token."""

from __future__ import annotations

from accounts.cognito.problems import (
    InvalidCode,
    InvalidCredentials,
    MfaNotOffered,
    MfaRequired,
    WrongPassword,
    translated,
)
from accounts.cognito.signing_in import revoked_token, sign_in, sign_out
from accounts.pools import Pool
from api.problems import Problem
from events import aws

KIND = "SOFTWARE_TOKEN_MFA"


def mfa_enabled(access_token: str) -> bool:
    """Whether a sign-in of the token's bearer asks for a code."""
    with translated(revoked_token()):
        return KIND in aws.client("cognito-idp").get_user(AccessToken=access_token).get("UserMFASettingList", [])


def begin_mfa(pool: Pool, access_token: str, password: str) -> str:
    """A secret for the bearer's app, in Base32, which takes effect with `confirm_mfa`.

    With the password, as `end_mfa`: whoever found a token could otherwise take the account over by a factor of theirs.
    Raises WrongPassword, MfaNotOffered, Throttled, Unavailable.
    """
    _check_password(pool, access_token, password)
    with translated(revoked_token(), _not_offered()):
        answer = aws.client("cognito-idp").associate_software_token(AccessToken=access_token)
    return str(answer["SecretCode"])


def confirm_mfa(access_token: str, code: str) -> None:
    """Asks for a code from the next sign-in on, if this one is of the secret given last. Raises InvalidCode."""
    wrong = InvalidCode("This is not the code of the secret that was given last.")
    refusals = (
        "CodeMismatchException",
        "EnableSoftwareTokenMFAException",
        "InvalidParameterException",
        "SoftwareTokenMFANotFoundException",
    )
    with translated(revoked_token(), dict.fromkeys(refusals, wrong)):
        answer = aws.client("cognito-idp").verify_software_token(AccessToken=access_token, UserCode=code)
    if answer["Status"] != "SUCCESS":
        raise wrong
    _prefer(access_token, enabled=True)


def end_mfa(pool: Pool, access_token: str, password: str) -> None:
    """Asks for no code any more. Whoever has no second factor stays without. Raises what `begin_mfa` does."""
    _check_password(pool, access_token, password)
    _prefer(access_token, enabled=False)


def _check_password(pool: Pool, access_token: str, password: str) -> None:
    """By a sign-in, which gets as far as the code, or all the way and is ended again."""
    with translated(revoked_token()):
        username = aws.client("cognito-idp").get_user(AccessToken=access_token)["Username"]
    try:
        tokens = sign_in(pool, username, password)
    except MfaRequired:
        return
    except InvalidCredentials:
        raise WrongPassword("password", "wrong_password", "This is not the present password.") from None
    sign_out(pool, tokens.refresh_token)


def _prefer(access_token: str, *, enabled: bool) -> None:
    with translated(revoked_token(), _not_offered()):
        aws.client("cognito-idp").set_user_mfa_preference(
            AccessToken=access_token, SoftwareTokenMfaSettings={"Enabled": enabled, "PreferredMfa": enabled}
        )


def _not_offered() -> dict[str, Problem]:
    refused = MfaNotOffered("The user pool takes no second factor.")
    return dict.fromkeys(("SoftwareTokenMFANotFoundException", "InvalidParameterException"), refused)
