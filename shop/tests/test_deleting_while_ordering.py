"""An order and the deletion of its buyer's account, at once: whichever comes first, the other one knows of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.conftest import PASSWORD, Pool, pool
from api.models import IdempotencyKey
from catalog.models import Variant
from events.tests.conftest import wait_until
from orders.models import Order
from orders.tests.conftest import ADDRESS, body_for, make_variant, mug
from shop.tests.processes import waiting_for_locks

__all__ = ["make_variant", "mug", "pool"]
pytestmark = pytest.mark.django_db(transaction=True)
ClientOf = Callable[[User], APIClient]
Meanwhile = Callable[[Callable[[], Any]], Future[Any]]
OLD_KEY = {"Idempotency-Key": "of last week"}


@pytest.fixture
def client(customer: User, client_of: ClientOf) -> APIClient:
    return client_of(customer)


@pytest.fixture
def meanwhile() -> Iterator[Meanwhile]:
    """Starts a call in a thread, and gives its answer to come once it waits for a row's lock, or has ended."""
    with ThreadPoolExecutor() as pool:

        def start(call: Callable[[], Any]) -> Future[Any]:
            def run() -> Any:
                try:
                    return call()
                finally:
                    connection.close()

            before = waiting_for_locks()
            answer = pool.submit(run)
            wait_until(lambda: answer.done() or waiting_for_locks() > before)
            return answer

        yield start


@contextmanager
def held(table: str) -> Iterator[None]:
    """All rows of the table are locked by somebody else until the block ends."""
    database = connection.settings_dict
    with psycopg.connect(
        host=database["HOST"], port=database["PORT"], dbname=database["NAME"], user=database["USER"]
    ) as other:
        other.execute(f"SELECT FROM {table} FOR UPDATE")
        yield


def told(answer: Future[Any]) -> tuple[int, str]:
    response = answer.result(60)
    return response.status_code, response.json().get("code", "") if response.content else ""


def test_an_order_that_waits_for_its_stock_keeps_the_account(
    client: APIClient, mug: Variant, meanwhile: Meanwhile
) -> None:
    with held("catalog_variant"):
        order = meanwhile(lambda: client.post("/orders", body_for(("MUG", 1))))
        deletion = meanwhile(lambda: client.delete("/me"))

    assert told(order) == (201, "")
    assert told(deletion) == (409, "open_orders")
    assert User.objects.get().deleted_at is None


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "of today"}, OLD_KEY])
def test_an_order_that_comes_while_the_account_is_deleted_is_refused(
    client: APIClient, mug: Variant, meanwhile: Meanwhile, headers: dict[str, str]
) -> None:
    """Neither holds what the other one waits for, not even the key of a former order whose answer is forgotten."""
    former = client.post("/orders", body_for(("MUG", 1)), headers=OLD_KEY).json()
    client.post(f"/orders/{former['id']}/cancel")
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(days=7))
    assert client.post("/me/addresses", ADDRESS).status_code == 201

    with held("accounts_address"):
        deletion = meanwhile(lambda: client.delete("/me"))
        order = meanwhile(lambda: client.post("/orders", body_for(("MUG", 1)), headers=headers))

    assert told(deletion) == (204, "")
    assert told(order) == (403, "customer_blocked")
    assert [str(row.pk) for row in Order.objects.all()] == [former["id"]]
    assert Variant.objects.get().stock == 10
    assert not IdempotencyKey.objects.exists()


def test_what_staff_order_for_an_account_that_is_being_deleted_is_nobodys(
    customer: User, staff: User, client_of: ClientOf, mug: Variant, meanwhile: Meanwhile
) -> None:
    """As it would be a moment later, when no account has the address any more."""
    client = client_of(customer)
    body = body_for(("MUG", 1), email=customer.email)
    assert client.post("/me/addresses", ADDRESS).status_code == 201

    with held("accounts_address"):
        deletion = meanwhile(lambda: client.delete("/me"))
        order = meanwhile(lambda: client_of(staff).post("/orders", body))

    assert (told(deletion), told(order)) == ((204, ""), (201, ""))
    assert Order.objects.get().customer is None


def test_staff_order_for_a_customer_who_is_blocked(
    customer: User, staff: User, client_of: ClientOf, mug: Variant
) -> None:
    User.objects.filter(pk=customer.pk).update(is_active=False)

    answer = client_of(staff).post("/orders", body_for(("MUG", 1), email=customer.email))

    assert answer.status_code == 201
    assert Order.objects.get().customer == customer


@pytest.mark.parametrize(
    "form",
    [
        ("{id}/change/", {"name": "Carla C.", "language": "de", "is_active": "on"}),
        ("", {"action": "block"}),
    ],
)
def test_staff_who_change_the_account_while_it_is_deleted_bring_nothing_of_it_back(
    client: APIClient, customer: User, staff: User, meanwhile: Meanwhile, form: tuple[str, dict[str, str]]
) -> None:
    assert client.post("/me/addresses", ADDRESS).status_code == 201
    page, sent = form
    desk, address = Client(), f"/admin/accounts/user/{page.format(id=customer.pk)}"
    desk.force_login(staff, backend="accounts.backends.CognitoBackend")
    with held("accounts_address"):
        deletion = meanwhile(lambda: client.delete("/me"))
        change = meanwhile(lambda: desk.post(address, sent | {"_selected_action": str(customer.pk)}))

    assert told(deletion) == (204, "")
    assert change.result(60).status_code in (302, 403)
    row = User.objects.get(pk=customer.pk)
    assert (row.email, row.name, row.is_active) == (f"{customer.pk}@deleted.invalid", "", False)
    assert row.deleted_at is not None
    assert not LogEntry.objects.exists()  # whose title would be the address


def test_a_sign_in_under_a_new_address_while_the_account_is_deleted_does_not_bring_that_to_it(
    guest: APIClient, pool: Pool, meanwhile: Meanwhile
) -> None:
    email = pool.new_user()
    token = guest.post("/auth/login", {"email": email, "password": PASSWORD}).json()["access_token"]
    client = APIClient(headers={"Authorization": f"Bearer {token}"})
    assert client.post("/me/addresses", ADDRESS, format="json").status_code == 201
    pool.client.admin_update_user_attributes(
        UserPoolId=settings.COGNITO_POOL_ID,
        Username=email,
        UserAttributes=[{"Name": "email", "Value": f"new-{email}"}, {"Name": "email_verified", "Value": "true"}],
    )
    with held("accounts_address"):
        deletion = meanwhile(lambda: client.delete("/me"))
        sign_in = meanwhile(lambda: guest.post("/auth/login", {"email": f"new-{email}", "password": PASSWORD}))

    assert told(deletion) == (204, "")
    assert told(sign_in) == (403, "customer_blocked")
    row = User.objects.get()
    assert row.email == f"{row.pk}@deleted.invalid"
