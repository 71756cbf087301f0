"""Customers sign up, and confirm the address with the code that Cognito mails. Staff are made by an administrator."""

from __future__ import annotations

from contextlib import suppress

from accounts import pools
from accounts.cognito.policy import check_password
from accounts.cognito.problems import (
    InvalidCode,
    SignUpRefused,
    Untold,
    mail_to_somebody,
    translated,
    weak_password,
)
from api.problems import Invalid, Problem
from events import aws


def sign_up(email: str, password: str, name: str) -> None:
    """A user who waits for confirmation. An address that is taken is no error, and nothing happens to who has it.

    Raises WeakPassword, Invalid, SignUpRefused, Throttled or Unavailable, none of which depends on who has an account.
    """
    check_password(pools.customers(), password)
    refused = SignUpRefused("The shop takes no sign-up from this address.")
    named: dict[str, Problem] = {
        "UsernameExistsException": Untold(),
        "AliasExistsException": Untold(),
        "CodeDeliveryFailureException": Untold(),  # the user is made, and may ask for another code
        "InvalidParameterException": Invalid("email", "invalid", "This address cannot be signed up."),
    } | weak_password("password")
    with suppress(Untold), translated(refused, named):
        aws.client("cognito-idp").sign_up(
            ClientId=pools.customers().client_id,
            Username=email,
            Password=password,
            UserAttributes=[{"Name": "email", "Value": email}, {"Name": "name", "Value": name}],
        )


def confirm(email: str, code: str) -> None:
    """Makes the address a verified one. Raises InvalidCode, Throttled or Unavailable."""
    with translated(InvalidCode("The code is wrong or has run out. Ask for a new one.")):
        aws.client("cognito-idp").confirm_sign_up(
            ClientId=pools.customers().client_id, Username=email, ConfirmationCode=code
        )


def resend_code(email: str) -> None:
    """Has a new code mailed to who waits for confirmation. Whoever does not is no error. See `mail_to_somebody`."""
    with mail_to_somebody():
        aws.client("cognito-idp").resend_confirmation_code(ClientId=pools.customers().client_id, Username=email)
