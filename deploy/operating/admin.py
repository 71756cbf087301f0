"""The first who may do everything in the shop: a user of Cognito's pool in the group `admin`."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass

from botocore.exceptions import ClientError

from deploy.operating.account import Account
from deploy.operating.words import code_of
from local.report import Trouble

GROUP = "admin"


@dataclass(frozen=True)
class Admin:
    """Who it is, and whether they still have to choose a password. `password` is the one that was asked to be shown."""

    email: str
    invited: bool
    made: bool = False
    password: str = ""


def first_admin(account: Account, *, pool: str, email: str, show_password: bool = False) -> Admin | None:
    """The admin that there is, or the one who is made of `email`; nobody where there is neither.

    A user who has signed up already becomes one, and keeps the password. Somebody new gets Cognito's mail with a
    temporary one, which is good for three days; with `show_password` no mail goes out, and the caller learns it.
    """
    cognito = account.client("cognito-idp")
    members = cognito.list_users_in_group(UserPoolId=pool, GroupName=GROUP, Limit=60)["Users"]
    if members:
        known = {_email(user): user for user in members}
        user = known.get(email.lower(), members[0])
        return Admin(_email(user), invited=user["UserStatus"] == "FORCE_CHANGE_PASSWORD")
    if not email:
        return None
    password = _password() if show_password else ""
    how = {"TemporaryPassword": password, "MessageAction": "SUPPRESS"} if password else {}
    try:
        user = cognito.admin_create_user(
            UserPoolId=pool,
            Username=email,
            UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
            DesiredDeliveryMediums=["EMAIL"],
            **how,
        )["User"]
    except ClientError as error:
        if code_of(error) != "UsernameExistsException":
            raise
        user, password = cognito.admin_get_user(UserPoolId=pool, Username=email), ""
        if user["UserStatus"] == "UNCONFIRMED":  # whoever chose that password need not be whose address it is
            raise Trouble(
                f"{email} has signed up, and has not proven the address: confirm it, and then again."
            ) from None
    cognito.admin_add_user_to_group(UserPoolId=pool, Username=email, GroupName=GROUP)
    return Admin(email, invited=user["UserStatus"] == "FORCE_CHANGE_PASSWORD", made=True, password=password)


def _email(user: dict[str, object]) -> str:
    attributes = user.get("Attributes", [])
    assert isinstance(attributes, list)  # noqa: S101  (for the type checker)
    return next((str(row["Value"]).lower() for row in attributes if row["Name"] == "email"), str(user["Username"]))


def _password() -> str:
    """Sixteen of the pool's three kinds, each of which it asks for."""
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
    chosen = [secrets.choice(kind) for kind in kinds] + [secrets.choice("".join(kinds)) for _ in range(13)]
    secrets.SystemRandom().shuffle(chosen)
    return "".join(chosen)
