"""A forgotten password, and a new one for somebody who is signed in."""

from __future__ import annotations

from accounts.cognito.policy import check_password
from accounts.cognito.problems import InvalidCode, WrongPassword, mail_to_somebody, translated, weak_password
from accounts.cognito.signing_in import revoked_token
from accounts.pools import Pool
from events import aws

INCORRECT = "Incorrect username or password"


def forgot_password(pool: Pool, email: str) -> None:
    """Has a code mailed to who has an account. Whoever has none is no error. See `mail_to_somebody`."""
    with mail_to_somebody():
        aws.client("cognito-idp").forgot_password(ClientId=pool.client_id, Username=email)


def reset_password(pool: Pool, email: str, code: str, password: str) -> None:
    """A new password for who has the mailed code. Raises WeakPassword, InvalidCode, Throttled or Unavailable."""
    check_password(pool, password)
    with translated(InvalidCode("The code is wrong or has run out. Ask for a new one."), weak_password("password")):
        aws.client("cognito-idp").confirm_forgot_password(
            ClientId=pool.client_id, Username=email, ConfirmationCode=code, Password=password
        )


def change_password(access_token: str, password: str, new_password: str) -> None:
    """A new password for the token's bearer, who must know the present one.

    Raises WrongPassword, WeakPassword, Throttled, Unavailable, and InvalidCredentials for a token that was revoked.
    """
    with translated(revoked_token(), weak_password("new_password")):
        cognito = aws.client("cognito-idp")
        try:
            cognito.change_password(AccessToken=access_token, PreviousPassword=password, ProposedPassword=new_password)
        except cognito.exceptions.NotAuthorizedException as error:
            # Cognito has one code for a wrong password, for a bad token and for too many attempts.
            if INCORRECT in str(error):
                raise WrongPassword("password", "wrong_password", "This is not the present password.") from None
            raise
