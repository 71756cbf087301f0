"""The first admin is made once, and learns of it by Cognito's mail."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.stub import ANY

from deploy.operating.account import Account
from deploy.operating.admin import Admin, first_admin
from deploy.tests.operating.conftest import Wire
from local.report import Trouble

POOL, NORA = "eu-central-1_pool00000", "nora@example.com"
IN_GROUP = {"UserPoolId": POOL, "GroupName": "admin"}
MADE = {
    "UserPoolId": POOL,
    "Username": NORA,
    "UserAttributes": [{"Name": "email", "Value": NORA}, {"Name": "email_verified", "Value": "true"}],
    "DesiredDeliveryMediums": ["EMAIL"],
}


def user(status: str, email: str = NORA) -> dict[str, Any]:
    return {"Username": "6d1c", "UserStatus": status, "Attributes": [{"Name": "email", "Value": email}]}


@pytest.fixture
def cognito(wire: Wire) -> Any:
    return wire("cognito-idp")


def nobody_yet(cognito: Any) -> None:
    cognito.add_response("list_users_in_group", {"Users": []}, IN_GROUP | {"Limit": 60})


def test_somebody_new_is_mailed_a_password_that_nobody_here_sees(account: Account, cognito: Any) -> None:
    nobody_yet(cognito)
    cognito.add_response("admin_create_user", {"User": user("FORCE_CHANGE_PASSWORD")}, MADE)
    cognito.add_response("admin_add_user_to_group", {}, IN_GROUP | {"Username": NORA})

    assert first_admin(account, pool=POOL, email=NORA) == Admin(NORA, invited=True, made=True)


def test_an_admin_who_is_there_stays_the_only_one(account: Account, cognito: Any) -> None:
    cognito.add_response("list_users_in_group", {"Users": [user("CONFIRMED", "Ada@example.com")]})

    assert first_admin(account, pool=POOL, email=NORA) == Admin("ada@example.com", invited=False)


def test_without_an_address_nobody_is_made(account: Account, cognito: Any) -> None:
    nobody_yet(cognito)

    assert first_admin(account, pool=POOL, email="") is None


def test_a_run_that_was_killed_before_the_group_is_finished_by_the_next(account: Account, cognito: Any) -> None:
    nobody_yet(cognito)
    cognito.add_client_error("admin_create_user", "UsernameExistsException")
    there = {"Username": "6d1c", "UserStatus": "FORCE_CHANGE_PASSWORD"}
    cognito.add_response("admin_get_user", there, {"UserPoolId": POOL, "Username": NORA})
    cognito.add_response("admin_add_user_to_group", {}, IN_GROUP | {"Username": NORA})

    assert first_admin(account, pool=POOL, email=NORA) == Admin(NORA, invited=True, made=True)


def test_whoever_has_not_proven_the_address_becomes_no_admin(account: Account, cognito: Any) -> None:
    """Anybody may sign up with anybody's address, and a password of their own."""
    nobody_yet(cognito)
    cognito.add_client_error("admin_create_user", "UsernameExistsException")
    cognito.add_response("admin_get_user", {"Username": "6d1c", "UserStatus": "UNCONFIRMED"})

    with pytest.raises(Trouble, match="has not proven the address"):
        first_admin(account, pool=POOL, email=NORA)


def test_a_password_that_was_asked_for_is_good_for_the_pool_and_mailed_to_nobody(
    account: Account, cognito: Any
) -> None:
    nobody_yet(cognito)
    shown = {"TemporaryPassword": ANY, "MessageAction": "SUPPRESS"}
    cognito.add_response("admin_create_user", {"User": user("FORCE_CHANGE_PASSWORD")}, MADE | shown)
    cognito.add_response("admin_add_user_to_group", {}, IN_GROUP | {"Username": NORA})

    admin = first_admin(account, pool=POOL, email=NORA, show_password=True)

    assert admin is not None
    assert len(admin.password) == 16
    assert all(re.search(kind, admin.password) for kind in ("[a-z]", "[A-Z]", "[0-9]"))
