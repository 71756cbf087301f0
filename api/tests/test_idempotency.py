"""`Idempotency-Key`, as a buyer's client meets it at `POST /orders`."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from api.models import IdempotencyKey
from api.tasks import forget_old_keys

ClientOf = Callable[[User], APIClient]
"""The layers below `api` know nothing of orders; its tests come in by HTTP alone."""


@pytest.fixture
def body(staff: User, client_of: ClientOf) -> dict[str, Any]:
    product = {"code": "MUG", "name": "Mug", "price": "12.90", "stock": 10}
    assert client_of(staff).post("/products", product).status_code == 201
    address = {"name": "C", "line1": "1 Road", "city": "Berlin", "postal_code": "10115", "country": "DE"}
    return {
        "items": [{"sku": "MUG", "quantity": 1}],
        "payment_method": "cash",
        "shipping": {"method": "economic", "address": address},
    }


def order(client: APIClient, body: Any, key: str | None = "key-1", path: str = "/orders") -> Any:
    raw = body if isinstance(body, (str, bytes)) else json.dumps(body)
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post(path, raw, content_type="application/json", headers=headers)


def orders_of(client: APIClient) -> int:
    return len(client.get("/orders").json()["results"])


def test_the_same_request_again_gets_the_first_answer(
    customer: User, client_of: ClientOf, body: dict[str, Any]
) -> None:
    client = client_of(customer)
    first, again = order(client, body), order(client, body)

    assert first.status_code == again.status_code == 201
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert again.content == first.content
    assert (again["Location"], again["ETag"]) == (first["Location"], first["ETag"])
    assert again["X-Request-ID"] != first["X-Request-ID"]
    assert orders_of(client) == 1


def test_without_a_key_every_request_counts(customer: User, client_of: ClientOf, body: dict[str, Any]) -> None:
    client = client_of(customer)
    order(client, body, None)
    order(client, body, None)

    assert orders_of(client) == 2


def test_bodies_are_the_same_when_their_json_means_the_same(
    customer: User, client_of: ClientOf, body: dict[str, Any]
) -> None:
    client = client_of(customer)
    body["note"] = "Käse 🧀"
    order(client, json.dumps(body))
    for raw in (
        json.dumps(body, indent=3, ensure_ascii=False),
        json.dumps(dict(reversed(body.items())), separators=(",", ":")),
        f"\n{json.dumps(body)}\t",
    ):
        answer = order(client, raw)
        assert (answer.status_code, answer["Idempotency-Replayed"]) == (201, "true")

    assert orders_of(client) == 1


@pytest.mark.parametrize("change", [{"note": "other"}, {"items": [{"sku": "MUG", "quantity": 2}]}, {"note": ""}])
def test_another_body_is_422(customer: User, client_of: ClientOf, body: dict[str, Any], change: dict[str, Any]) -> None:
    client = client_of(customer)
    order(client, body)

    answer = order(client, body | change)

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert orders_of(client) == 1


def test_another_path_is_422(customer: User, client_of: ClientOf, body: dict[str, Any]) -> None:
    client = client_of(customer)
    ids = [order(client, body, key).json()["id"] for key in ("a", "b")]
    assert order(client, {}, "cancel", f"/orders/{ids[0]}/cancel").status_code == 200

    answer = order(client, {}, "cancel", f"/orders/{ids[1]}/cancel")

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


def test_a_refusal_frees_the_key(customer: User, client_of: ClientOf, body: dict[str, Any]) -> None:
    client = client_of(customer)
    too_many = body | {"items": [{"sku": "MUG", "quantity": 11}]}

    assert order(client, too_many).status_code == 409
    assert order(client, too_many).status_code == 409
    assert order(client, body).status_code == 201


def test_keys_belong_to_their_caller(
    customer: User, other_customer: User, client_of: ClientOf, body: dict[str, Any], guest: APIClient
) -> None:
    callers = [
        (client_of(customer), body),
        (client_of(other_customer), body),
        (guest, body | {"email": "g@example.com"}),
        (guest, body | {"email": "h@example.com"}),
        (guest, body | {"email": f"{customer.pk}@example.com"}),
    ]

    answers = [order(client, sent) for client, sent in callers]

    assert [answer.status_code for answer in answers] == [201] * 5
    assert len({answer.json()["id"] for answer in answers}) == 5


def test_a_guests_keys_belong_to_the_address_in_any_case(guest: APIClient, body: dict[str, Any]) -> None:
    first = order(guest, body | {"email": "g@example.com"})
    other = order(guest, body | {"email": "G@Example.com"})

    assert first.status_code == 201
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert order(guest, body | {"email": "g@example.com"}).json() == first.json()


@pytest.mark.parametrize("key", ["", "   ", "k" * 256, "k" * 300, "tab\tinside"])
def test_an_empty_or_overlong_key_is_400(customer: User, client_of: ClientOf, body: dict[str, Any], key: str) -> None:
    client = client_of(customer)
    answer = order(client, body, key)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"
    assert orders_of(client) == 0


def test_255_characters_are_a_key(customer: User, client_of: ClientOf, body: dict[str, Any]) -> None:
    client = client_of(customer)
    assert order(client, body, "k" * 255).status_code == 201
    assert order(client, body, "k" * 255)["Idempotency-Replayed"] == "true"


def test_a_key_is_forgotten_after_a_day(customer: User, client_of: ClientOf, body: dict[str, Any]) -> None:
    client = client_of(customer)
    order(client, body, "old")
    order(client, body, "young")
    IdempotencyKey.objects.filter(key="old").update(created_at=timezone.now() - timedelta(hours=24, seconds=1))
    IdempotencyKey.objects.filter(key="young").update(created_at=timezone.now() - timedelta(hours=23, minutes=59))

    assert "Idempotency-Replayed" not in order(client, body | {"note": "a new one"}, "old")
    assert "Idempotency-Replayed" in order(client, body, "young")
    assert orders_of(client) == 3


def test_beat_deletes_what_is_no_longer_honoured(customer: User, client_of: ClientOf, body: dict[str, Any]) -> None:
    client = client_of(customer)
    order(client, body, "old")
    order(client, body, "young")
    IdempotencyKey.objects.filter(key="old").update(created_at=timezone.now() - timedelta(hours=24, seconds=1))

    forget_old_keys.apply(throw=True)

    assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["young"]


@pytest.mark.django_db(transaction=True)
def test_a_request_that_still_runs_is_409_and_a_crash_frees_the_key(
    customer: User, client_of: ClientOf, body: dict[str, Any]
) -> None:
    """The first request is held at the stock by another transaction's lock, then its connection is killed."""
    client = client_of(customer)
    holder = connection.copy()
    holder.set_autocommit(False)
    with holder.cursor() as cursor:
        cursor.execute("SELECT 1 FROM catalog_variant WHERE sku = 'MUG' FOR UPDATE")
    answers: list[Any] = []

    def first() -> None:
        try:
            answers.append(order(client, body))
        finally:
            connections.close_all()

    thread = threading.Thread(target=first)
    thread.start()
    try:
        pid = _waiting_backend()
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '20s'")  # were it let in, it would wait for the stock as the first does
        in_flight = order(client_of(customer), body)
        assert (in_flight.status_code, in_flight.json()["code"]) == (409, "idempotency_key_in_flight")
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    finally:
        holder.rollback()
        holder.close()
        thread.join()
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")

    assert [answer.status_code for answer in answers] == [503]
    again = order(client_of(customer), body)
    assert again.status_code == 201
    assert "Idempotency-Replayed" not in again
    assert orders_of(client_of(customer)) == 1


def _waiting_backend() -> int:
    """The process id of the one backend that waits for a row's lock, as soon as there is one."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
                " AND wait_event_type = 'Lock' AND query LIKE '%%catalog_variant%%'"
            )
            if row := cursor.fetchone():
                return int(row[0])
    raise AssertionError("no request came to wait for the stock")
