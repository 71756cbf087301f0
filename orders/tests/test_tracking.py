"""A guest follows their order by its token, until it ends or is revoked; and the token opens nothing else."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Variant
from orders import tracking
from orders.models import Order
from orders.tests.conftest import body_for

ClientOf = Callable[[User], APIClient]


def place(guest: APIClient) -> dict[str, Any]:
    answer = guest.post("/orders", body_for(("MUG", 1), email="gus@example.com"))
    assert answer.status_code == 201, answer.content
    body: dict[str, Any] = answer.json()
    return body


@pytest.fixture
def order(guest: APIClient, mug: Variant) -> dict[str, Any]:
    """A guest's, as the answer to their POST has it."""
    return place(guest)


def read(client: APIClient | Client, order: dict[str, Any], token: str) -> tuple[int, str]:
    answer: Any = client.get(f"/orders/{order['id']}", {"tracking_token": token})
    return answer.status_code, answer.json().get("code", "")


NOT_FOUND = (404, "order_not_found")


def test_the_answer_to_a_guest_leads_to_the_order(guest: APIClient, order: dict[str, Any], settings: Settings) -> None:
    address = urlsplit(order["tracking_url"])

    assert order["tracking_url"].startswith(f"{settings.PUBLIC_URL}/orders/{order['id']}?")
    assert guest.get(f"{address.path}?{address.query}").json()["id"] == order["id"]
    assert "tracking_url" not in guest.get(f"{address.path}?{address.query}").json()


def test_the_link_leads_where_the_shop_says(guest: APIClient, mug: Variant, settings: Settings) -> None:
    settings.ORDER_TRACKING_URL = "https://shop.example/follow/{token}/{order_id}"

    order = place(guest)

    assert order["tracking_url"] == f"https://shop.example/follow/{order['tracking_token']}/{order['id']}"


def test_a_customer_gets_no_token_and_staff_who_order_for_a_guest_do(
    customer: User, staff: User, client_of: ClientOf, mug: Variant
) -> None:
    own = client_of(customer).post("/orders", body_for(("MUG", 1))).json()
    for_a_guest = client_of(staff).post("/orders", body_for(("MUG", 1), email="gus@example.com")).json()

    assert not {"tracking_token", "tracking_url", "tracking_token_expires_at"} & own.keys()
    assert {"tracking_token", "tracking_url", "tracking_token_expires_at"} <= for_a_guest.keys()


def test_a_token_ends_when_its_answer_said(
    guest: APIClient, order: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    token, ends = order["tracking_token"], datetime.fromisoformat(order["tracking_token_expires_at"])
    assert timedelta(days=29, hours=23) < ends - timezone.now() <= timedelta(days=30)

    monkeypatch.setattr("django.core.signing.time.time", lambda: ends.timestamp() - 1)
    assert read(guest, order, token) == (200, "")

    monkeypatch.setattr("django.core.signing.time.time", lambda: ends.timestamp() + 2)
    assert read(guest, order, token) == NOT_FOUND


@pytest.mark.parametrize(
    "damage",
    [
        lambda token: token[:-1],
        lambda token: token[:-3] + "AAA",
        lambda token: token.replace(".0:", ".1:"),
        lambda token: token.replace(".0:", ":"),
        lambda token: token.replace(":", "", 1),
        lambda token: token.upper(),
        lambda token: token.split(":")[0],
        lambda token: "::",
        lambda token: "ü:ü:ü",
    ],
)  # fmt: skip
def test_a_damaged_token_opens_nothing(guest: APIClient, order: dict[str, Any], damage: Callable[[str], str]) -> None:
    assert read(guest, order, damage(order["tracking_token"])) == NOT_FOUND


def test_what_is_signed_for_another_purpose_opens_nothing(guest: APIClient, order: dict[str, Any]) -> None:
    named = order["tracking_token"].split(":")[0]

    assert read(guest, order, signing.TimestampSigner(salt="something else").sign(named)) == NOT_FOUND


def test_a_token_opens_no_other_order(guest: APIClient, order: dict[str, Any]) -> None:
    other = place(guest)

    assert read(guest, other, order["tracking_token"]) == NOT_FOUND
    assert read(guest, other, other["tracking_token"]) == (200, "")


def test_a_token_from_before_revisions_opens_the_order_until_it_is_revoked(
    guest: APIClient, order: dict[str, Any], staff: User, client_of: ClientOf
) -> None:
    old = signing.TimestampSigner(salt=tracking.SALT).sign(order["id"].replace("-", ""))
    assert read(guest, order, old) == (200, "")

    client_of(staff).delete(f"/orders/{order['id']}/tracking-token")

    assert read(guest, order, old) == NOT_FOUND


def test_staff_revoke_the_token(guest: APIClient, order: dict[str, Any], staff: User, client_of: ClientOf) -> None:
    other = place(guest)
    seen = client_of(staff).get(f"/orders/{order['id']}")["ETag"]

    answer = client_of(staff).delete(f"/orders/{order['id']}/tracking-token", headers={"If-Match": seen})

    assert (answer.status_code, answer.content) == (204, b"")
    assert read(guest, order, order["tracking_token"]) == NOT_FOUND
    assert read(guest, other, other["tracking_token"]) == (200, "")
    again = client_of(staff).delete(f"/orders/{order['id']}/tracking-token", headers={"If-Match": seen})
    assert again.status_code == 412
    assert client_of(staff).delete(f"/orders/{order['id']}/tracking-token").status_code == 204


def test_staff_alone_revoke_it(
    guest: APIClient, order: dict[str, Any], customer: User, client_of: ClientOf, staff: User
) -> None:
    path = f"/orders/{order['id']}/tracking-token"

    assert guest.delete(path).status_code == 401
    assert guest.delete(f"{path}?tracking_token={order['tracking_token']}").status_code == 401
    assert client_of(customer).delete(path).status_code == 403
    assert client_of(staff).delete(f"/orders/{uuid.uuid4()}/tracking-token").status_code == 404
    assert read(guest, order, order["tracking_token"]) == (200, "")


@pytest.mark.parametrize("call", ["confirm", "ship", "deliver", "cancel", "refund", "notes"])
def test_a_token_acts_on_nothing(guest: APIClient, order: dict[str, Any], call: str) -> None:
    answer = guest.post(f"/orders/{order['id']}/{call}?tracking_token={order['tracking_token']}")

    assert answer.status_code == 401
    assert Order.objects.get().version == 1


def test_a_token_neither_changes_nor_deletes(guest: APIClient, order: dict[str, Any]) -> None:
    path = f"/orders/{order['id']}?tracking_token={order['tracking_token']}"

    assert guest.patch(path, {"billing_address": None}).status_code == 401
    assert guest.delete(path).status_code == 401


def test_the_admins_cookie_opens_no_order(client: Client, staff: User, order: dict[str, Any]) -> None:
    client.force_login(staff, backend="accounts.backends.CognitoBackend")

    assert client.get(f"/orders/{order['id']}").status_code == 401
    assert read(client, order, "made-up") == NOT_FOUND
