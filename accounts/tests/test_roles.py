"""What a person is in the shop, by their groups in Cognito."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import User

pytestmark = pytest.mark.django_db
Mint = Callable[..., str]


def ask(token: str, path: str) -> int:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    status: int = client.get(path).status_code
    return status


@pytest.mark.parametrize(
    ("groups", "role", "gets"),
    [
        ([], "customer", (403, 403)),
        (["Staff", "admins", "eu-central-1_x_Google"], "customer", (403, 403)),
        (["catalog"], "catalog", (200, 403)),
        (["support"], "support", (200, 200)),
        (["catalog", "support"], "staff", (200, 200)),
        (["catalog", "staff"], "staff", (200, 200)),
        (["support", "admin"], "admin", (200, 200)),
    ],
)
def test_groups_make_the_role(customer: User, mint: Mint, groups: list[str], role: str, gets: tuple[int, int]) -> None:
    token = mint(customer, **{"cognito:groups": groups})
    assert (ask(token, "/products?status=draft"), ask(token, "/orders/export")) == gets
    customer.refresh_from_db()
    assert customer.role == role
    assert customer.is_staff == (role != "customer")  # who may come into the admin at all


def test_the_role_follows_the_newest_token_from_one_part_to_another(customer: User, mint: Mint) -> None:
    now = int(time.time())
    old, new = (
        mint(customer, **{"cognito:groups": [group], "iat": at})
        for group, at in (("catalog", now - 600), ("support", now))
    )
    assert (ask(old, "/orders/export"), ask(new, "/orders/export")) == (403, 200)
    assert ask(old, "/orders/export") == 200  # the older token takes nothing back, as it gives nothing back
    customer.refresh_from_db()
    assert customer.role == "support"


def test_staff_from_before_there_were_parts_are_staff_of_all(staff: User) -> None:
    """What the version before has written, and writes while both run, says nothing of parts."""
    assert (staff.limited_to, staff.role) == ("", "staff")
