"""`GET /orders` and `GET /orders/{id}`: who sees what, filters, pages, tokens and conditional reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.models import User
from api.pagination import make_cursor
from api.tests.walking import there_and_back
from catalog.models import Variant
from orders.models import Order
from orders.tests.conftest import body_for

ClientOf = Callable[[User], APIClient]


def place(client: APIClient, **changes: Any) -> dict[str, Any]:
    answer = client.post("/orders", body_for(("MUG", 1), **changes))
    assert answer.status_code == 201, answer.content
    order: dict[str, Any] = answer.json()
    return order


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [order["id"] for order in answer.json()["results"]]


def at(time: str) -> str:
    """A cursor that stands at an order of this time."""
    return make_cursor(["-created_at", "-id"], [time, str(UUID(int=0))], backwards=False)


def test_customers_see_their_own_orders_newest_first(
    customer: User, other_customer: User, client_of: ClientOf, mug: Variant
) -> None:
    first, second = place(client_of(customer)), place(client_of(customer))
    place(client_of(other_customer))

    answer = client_of(customer).get("/orders")

    assert answer.json() == {"next": None, "previous": None, "results": [second, first]}


def test_staff_see_all(customer: User, staff: User, client_of: ClientOf, guest: APIClient, mug: Variant) -> None:
    orders = [place(client_of(customer)), place(guest, email="g@example.com")]

    assert ids(client_of(staff).get("/orders")) == [order["id"] for order in reversed(orders)]


def test_staff_filter_by_address_status_and_time(
    customer: User, staff: User, client_of: ClientOf, guest: APIClient, mug: Variant
) -> None:
    hers, his = place(client_of(customer)), place(guest, email="g@example.com")
    client = client_of(staff)
    client.post(f"/orders/{his['id']}/confirm")
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    Order.objects.filter(id=hers["id"]).update(created_at=moment)

    def found(**filters: str) -> list[str]:
        return ids(client.get("/orders", filters))

    assert found(email="G@example.com") == [his["id"]]
    assert found(status="confirmed") == [his["id"]]
    assert found(status="pending", email="g@example.com") == []
    assert found(created_before="2026-01-01T00:00:01Z") == [hers["id"]]
    assert found(created_before="2026-01-01T00:00:00Z") == []
    assert found(created_after="2026-01-01T01:00:00+01:00") == [his["id"]]
    assert found(created_after="2025-12-31T23:59:59Z", created_before="2026-01-02T00:00:00Z") == [hers["id"]]


def test_customers_cannot_ask_by_address(customer: User, client_of: ClientOf) -> None:
    answer = client_of(customer).get("/orders", {"email": "oscar@example.com"})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "email"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("status=lost", "status"),
        ("created_after=yesterday", "created_after"),
        ("created_before=0001-01-01T00:00:00%2B14:00", "created_before"),
        ("email=nobody", "email"),
        ("cursor=AAAA", "cursor"),
        ("cursor=%00", "cursor"),
        (f"cursor={at('2026-01-01T00:00:00+23:00')}", "cursor"),  # an offset that Python takes and PostgreSQL does not
        (f"cursor={at('2026-01-01T00:00:00+01:00:00.5')}", "cursor"),
        ("colour=red", "colour"),
        ("limit=1&limit=2", "limit"),
    ],
)
def test_a_wrong_query_is_400(staff: User, client_of: ClientOf, query: str, field: str) -> None:
    answer = client_of(staff).get(f"/orders?{query}")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field


MOMENTS = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=number) for number in range(3)]


@pytest.fixture
def placed(staff: User, client_of: ClientOf, mug: Variant) -> Order:
    return Order.objects.get(id=place(client_of(staff))["id"])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moments=st.lists(st.sampled_from(MOMENTS), max_size=6), limit=st.integers(1, 4))
def test_pages_hold_every_order_once_forth_and_back(
    staff: User, client_of: ClientOf, placed: Order, moments: list[datetime], limit: int
) -> None:
    """At equal times the id decides."""
    facts = Order.objects.values().get(id=placed.id)
    keys = [(placed.created_at, placed.id), *((moment, uuid4()) for moment in moments)]
    with transaction.atomic():
        Order.objects.bulk_create(
            Order(**facts | {"id": id, "number": f"N-{number}", "created_at": moment})
            for number, (moment, id) in enumerate(keys[1:])
        )
        pages = there_and_back(client_of(staff), f"/orders?limit={limit}")
        transaction.set_rollback(True)

    assert [id for page in pages for id in page] == [str(id) for _, id in sorted(keys, reverse=True)]
    assert all(len(page) == limit for page in pages[:-1])


@pytest.mark.parametrize("path", ["/orders", "/orders/0190c1de-0000-7000-8000-000000000000"])
def test_nobody_signed_in_is_401(guest: APIClient, db: None, path: str) -> None:
    answer = guest.get(path)

    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_foreign_order_is_404(customer: User, other_customer: User, client_of: ClientOf, mug: Variant) -> None:
    order = place(client_of(customer))

    answer = client_of(other_customer).get(f"/orders/{order['id']}")

    assert (answer.status_code, answer.json()["code"]) == (404, "order_not_found")


def test_a_known_etag_answers_304(customer: User, staff: User, client_of: ClientOf, mug: Variant) -> None:
    order, client = place(client_of(customer)), client_of(customer)
    etag = client.get(f"/orders/{order['id']}")["ETag"]

    same = client.get(f"/orders/{order['id']}", headers={"If-None-Match": f'"x", {etag}'})
    client_of(staff).post(f"/orders/{order['id']}/confirm")
    changed = client.get(f"/orders/{order['id']}", headers={"If-None-Match": etag})

    assert (same.status_code, same.content, same["ETag"]) == (304, b"", etag)
    assert changed.status_code == 200


@pytest.fixture
def tracked(guest: APIClient, mug: Variant) -> dict[str, Any]:
    return place(guest, email="g@example.com")


def test_a_wrong_token_is_404(guest: APIClient, tracked: dict[str, Any]) -> None:
    other = place(guest, email="h@example.com")
    token = tracked["tracking_token"]

    for wrong in (other["tracking_token"], token[:-1], token + "x", "", "x", f"{UUID(other['id']).hex}{token[32:]}"):
        answer = guest.get(f"/orders/{tracked['id']}", {"tracking_token": wrong})
        assert answer.status_code in (400, 404), wrong
        assert answer.status_code == 404 or wrong == ""


def test_a_token_reads_for_thirty_days(
    guest: APIClient, tracked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    expires_at = datetime.fromisoformat(tracked["tracking_token_expires_at"])
    created_at = datetime.fromisoformat(tracked["created_at"])
    assert abs(expires_at - created_at - timedelta(days=30)) <= timedelta(seconds=2)

    def status_at(moment: datetime) -> int:
        # The clock of Django's signer is the wire here: nothing of ours is replaced.
        monkeypatch.setattr("django.core.signing.time.time", moment.timestamp)
        answer = guest.get(f"/orders/{tracked['id']}", {"tracking_token": tracked["tracking_token"]})
        return int(answer.status_code)

    assert status_at(expires_at - timedelta(seconds=2)) == 200
    assert status_at(expires_at + timedelta(seconds=2)) == 404
