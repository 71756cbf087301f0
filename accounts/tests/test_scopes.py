"""What a token is good for that was given for less than its bearer may do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User

pytestmark = pytest.mark.django_db
Mint = Callable[..., str]
SRP = "aws.cognito.signin.user.admin"
OWN, DRAFTS, ALL_ORDERS = "/me", "/products?status=draft", "/orders/export"


def ask(token: str, path: str) -> Any:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client.get(path)


@pytest.mark.parametrize(
    ("group", "scope", "allowed"),
    [
        ("admin", None, {OWN, DRAFTS, ALL_ORDERS}),
        ("admin", SRP, {OWN, DRAFTS, ALL_ORDERS}),
        ("admin", "openid email service/orders.read", {OWN, DRAFTS, ALL_ORDERS}),
        ("admin", "customer/web", {OWN}),
        ("admin", f"{SRP} customer/mobile", {OWN}),
        ("admin", "admin/web", {DRAFTS, ALL_ORDERS}),
        ("admin", f"customer/web admin/web {SRP}", {OWN, DRAFTS, ALL_ORDERS}),
        ("admin", "customer/unheard-of", set()),
        ("admin", "admin/unheard-of customer/web", {OWN}),
        ("catalog", "admin/web", {DRAFTS}),
        ("support", "admin/web", {DRAFTS, ALL_ORDERS}),
        (None, "customer/web", {OWN}),
        (None, "admin/web", set()),
        (None, "admin/web service/orders.read", set()),
    ],
)
def test_a_token_is_good_for_what_its_scopes_and_the_groups_both_allow(
    customer: User, mint: Mint, group: str | None, scope: str | None, allowed: set[str]
) -> None:
    token = mint(customer, scope=scope, **{"cognito:groups": [group] if group else []})
    assert {path for path in (OWN, DRAFTS, ALL_ORDERS) if ask(token, path).status_code == 200} == allowed
    customer.refresh_from_db()
    assert customer.role == (group or "customer")  # the row says what the groups do, whatever the token is for


@pytest.mark.parametrize(
    ("groups", "scope", "path", "needed"),
    [
        (["admin"], "customer/web", ALL_ORDERS, "admin/web"),
        (["admin"], "customer/web", DRAFTS, "admin/web"),
        (["admin"], "admin/web", OWN, "customer/web"),
        ([], "admin/web", "/orders", "customer/web"),
        ([], "admin/web", ALL_ORDERS, None),
        (["catalog"], "admin/web", ALL_ORDERS, None),
    ],
)
@pytest.mark.usefixtures("customer")
def test_it_says_which_scope_is_missing_where_one_would_help(
    mint: Mint, groups: list[str], scope: str, path: str, needed: str | None
) -> None:
    answer = ask(mint(User.objects.get(), scope=scope, **{"cognito:groups": groups}), path)
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope" if needed else "permission_denied")
    challenge = f'Bearer error="insufficient_scope", scope="{needed}"' if needed else None
    assert answer.headers.get("WWW-Authenticate") == challenge


def test_a_narrow_token_leaves_the_admin_and_later_tokens_as_they_are(staff: User, mint: Mint) -> None:
    assert ask(mint(staff, scope="customer/web"), ALL_ORDERS).status_code == 403
    assert ask(mint(staff), ALL_ORDERS).status_code == 200
    staff.refresh_from_db()
    assert (staff.is_staff, staff.groups_as_of) == (True, None)


@pytest.mark.parametrize("scope", [["customer/web"], {"customer/web": True}, 5])
def test_scopes_that_are_no_text_are_refused(customer: User, mint: Mint, scope: object) -> None:
    answer = ask(mint(customer, scope=scope), OWN)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
