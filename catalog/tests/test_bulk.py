"""Changing up to a hundred products in one call: all, or none with an error for each that cannot be."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Change, Product
from catalog.tests.racing import at_once
from events.models import Event

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], APIClient]


@pytest.fixture
def staff_client(client_of: ClientOf, staff: User) -> APIClient:
    return client_of(staff)


def make(client: APIClient, count: int, **facts: Any) -> list[dict[str, Any]]:
    bodies = ({"code": f"P-{n}", "name": f"P {n}", "price": "5.00", "stock": 3} | facts for n in range(count))
    return [client.post("/products", body).json() for body in bodies]


def bulk(client: APIClient, changes: list[Any], **headers: str) -> Any:
    return client.post("/products/bulk", {"changes": changes}, headers=headers)


def errors(answer: Any) -> list[tuple[str, str]]:
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error"), answer.content
    return [(row["field"], row["code"]) for row in answer.json()["errors"]]


def test_a_hundred_are_changed_and_answered_in_the_order_of_the_call(staff_client: APIClient, staff: User) -> None:
    made = make(staff_client, 100)
    changes = [{"id": row["id"], "price": f"{n}.50"} for n, row in enumerate(reversed(made))]
    answer = bulk(staff_client, changes)
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [(row["id"], row["price"]) for row in results] == [(row["id"], row["price"]) for row in changes]
    assert Event.objects.filter(type="ProductUpdated").count() == 100
    assert Change.objects.filter(action="updated", by=staff.email).count() == 100
    assert results[0] == staff_client.get(f"/products/{changes[0]['id']}").json()


def test_a_hundred_and_one_are_refused(staff_client: APIClient) -> None:
    (made,) = make(staff_client, 1)
    assert errors(bulk(staff_client, [{"id": made["id"], "name": "x"}] * 101)) == [("changes", "max_length")]
    assert errors(bulk(staff_client, [])) == [("changes", "min_length")]


def test_where_one_cannot_be_changed_none_is_and_each_is_told(staff_client: APIClient) -> None:
    fine, taken, twice, several = make(staff_client, 4)
    staff_client.post(f"/products/{several['id']}/variants", {"sku": "MORE", "price": "1.00"})
    before = staff_client.get("/products").json()
    events = Event.objects.count()
    changes = [
        {"id": fine["id"], "name": "Better"},
        {"id": taken["id"], "code": "p-0"},
        {"id": "0190b5f2-7c3e-7c3e-8c3e-0190b5f27c3e", "name": "Nobody"},
        {"id": twice["id"], "price": "1.005"},
        {"id": twice["id"], "name": "Again"},
        {"id": several["id"], "price": "2.00"},
        {"id": fine["id"], "category": "nowhere"},
    ]
    assert errors(bulk(staff_client, changes)) == [
        ("changes.1", "code_taken"),
        ("changes.2", "not_found"),
        ("changes.3.price", "too_many_digits"),
        ("changes.4.id", "repeated"),
        ("changes.5.price", "several_variants"),
        ("changes.6.id", "repeated"),
    ]
    assert staff_client.get("/products").json() == before
    assert Event.objects.count() == events


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"name": 5}, "changes.0.name", "invalid"),
        ({"colour": "red"}, "changes.0.colour", "unknown_field"),
        ({"stock": 5}, "changes.0.stock", "unknown_field"),
        ({"id": "x"}, "changes.0.id", "invalid"),
        ({"if_match": 1}, "changes.0.if_match", "invalid"),
    ],
)
def test_what_is_wrong_in_itself_is_named_with_its_place(
    staff_client: APIClient, change: dict[str, Any], field: str, code: str
) -> None:
    (made,) = make(staff_client, 1)
    assert errors(bulk(staff_client, [{"id": made["id"], "name": "New"} | change])) == [(field, code)]


def test_one_that_was_overtaken_stops_all(staff_client: APIClient) -> None:
    first, second = make(staff_client, 2)
    etags = {row["id"]: staff_client.get(f"/products/{row['id']}")["ETag"] for row in (first, second)}
    staff_client.patch(f"/products/{second['id']}", {"name": "Changed meanwhile"})
    changes = [{"id": id, "description": "New", "if_match": etag} for id, etag in etags.items()]
    assert errors(bulk(staff_client, changes)) == [("changes.1", "precondition_failed")]
    assert not Product.objects.filter(description="New").exists()


def test_what_changes_nothing_is_answered_and_leaves_no_trace(staff_client: APIClient) -> None:
    made = make(staff_client, 2)
    changes = [{"id": made[0]["id"], "name": "P 0"}, {"id": made[1]["id"], "name": "New"}]
    assert bulk(staff_client, changes).json()["results"][0] == made[0]
    assert [row.data["product_id"] for row in Event.objects.filter(type="ProductUpdated")] == [made[1]["id"]]


def test_the_same_key_changes_once(staff_client: APIClient) -> None:
    (made,) = make(staff_client, 1)
    first, again = (bulk(staff_client, [{"id": made["id"], "name": "New"}], **{"Idempotency-Key": "k"}) for _ in "12")
    assert (again.json(), again["Idempotency-Replayed"]) == (first.json(), "true")


@pytest.mark.django_db(transaction=True)
def test_two_bulks_in_opposite_order_never_deadlock(client_of: ClientOf, staff: User, staff_client: APIClient) -> None:
    ids = [row["id"] for row in make(staff_client, 12)]

    def change(client: APIClient, ids: list[str], name: str) -> list[int]:
        changes = [{"id": id, "description": name} for id in ids]
        return [bulk(client, changes).status_code for _ in range(5)]

    calls = [partial(change, client_of(staff), ids, "down"), partial(change, client_of(staff), ids[::-1], "up")]
    assert at_once(calls) == [[200] * 5, [200] * 5]
    assert Product.objects.values("description").distinct().count() == 1


def test_only_staff_may(guest: APIClient, client_of: ClientOf, customer: User) -> None:
    assert bulk(guest, []).status_code == 401
    assert bulk(client_of(customer), []).status_code == 403


def test_a_product_costs_as_many_queries_among_many_as_among_few(staff_client: APIClient) -> None:
    ids = [row["id"] for row in make(staff_client, 12)]
    counts = []
    for name, some in (("a", ids[:2]), ("b", ids[:12])):
        with CaptureQueriesContext(connection) as queries:
            assert bulk(staff_client, [{"id": id, "name": name} for id in some]).status_code == 200
        counts.append(len(queries) / len(some))
    assert counts[1] <= counts[0]
