"""Categories over HTTP: read, written with `If-Match`, refused, and told in the audit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from catalog.categories.services import create_category
from catalog.models import Category, Change
from catalog.tests.racing import at_once
from events.models import Event

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], APIClient]
COLOUR = {"name": "colour", "type": "choice", "choices": ["red", "blue"]}


@pytest.fixture
def staff_client(client_of: ClientOf, staff: User) -> APIClient:
    return client_of(staff)


@pytest.fixture
def kitchen() -> Category:
    return create_category(name="Kitchen")


@pytest.fixture
def mugs(kitchen: Category) -> Category:
    return create_category(name="Mugs", parent="kitchen")


def test_a_category_is_read_by_id_and_by_slug_and_made_with_attributes(
    staff_client: APIClient, guest: APIClient
) -> None:
    made = staff_client.post("/categories", {"name": "Mugs", "attributes": [COLOUR, {"name": "size", "type": "text"}]})
    assert made.status_code == 201
    assert list(made.json()) == ["id", "name", "slug", "parent_id", "attributes"]
    assert made.json()["attributes"] == [COLOUR, {"name": "size", "type": "text", "choices": []}]
    by_id, by_slug = guest.get(f"/categories/{made.json()['id']}"), guest.get("/categories/mugs")
    assert by_id.json() == by_slug.json() == made.json()
    assert made["ETag"] == by_id["ETag"] == by_slug["ETag"]


def test_put_replaces_all_and_patch_only_what_it_names(staff_client: APIClient, mugs: Category) -> None:
    path = f"/categories/{mugs.id}"
    patched = staff_client.patch(path, {"attributes": [COLOUR]}).json()
    assert (patched["name"], patched["parent_id"], patched["attributes"]) == ("Mugs", str(mugs.parent_id), [COLOUR])
    put = staff_client.put(path, {"name": "Cups"})
    assert put.json() == {"id": str(mugs.id), "name": "Cups", "slug": "mugs", "parent_id": None, "attributes": []}
    assert staff_client.get("/categories/mugs").json() == put.json()
    assert staff_client.get("/categories/mugs")["ETag"] == put["ETag"]


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_who_was_overtaken_is_told_and_changes_nothing(staff_client: APIClient, mugs: Category, method: str) -> None:
    old = staff_client.get("/categories/mugs")["ETag"]
    new = staff_client.patch("/categories/mugs", {"name": "Beakers"})["ETag"]
    refused = getattr(staff_client, method)("/categories/mugs", {"name": "Cups"}, headers={"If-Match": old})
    assert (refused.status_code, refused.json()["code"]) == (412, "precondition_failed")
    assert Category.objects.get(slug="mugs").name == "Beakers"
    taken = getattr(staff_client, method)("/categories/mugs", {"name": "Cups"}, headers={"If-Match": new})
    assert taken.status_code in (200, 204)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_change_it_at_once_one_is_told_412(client_of: ClientOf, staff: User, mugs: Category) -> None:
    clients = [client_of(staff) for _ in range(2)]
    header = {"If-Match": clients[0].get("/categories/mugs")["ETag"]}

    def rename(client: APIClient, name: str) -> Callable[[], int]:
        return lambda: int(client.patch("/categories/mugs", {"name": name}, headers=header).status_code)

    answers = at_once([rename(client, name) for client, name in zip(clients, ("Cups", "Beakers"), strict=True)])
    assert sorted(answers) == [200, 412]


def test_what_changes_nothing_leaves_no_trace(staff_client: APIClient, mugs: Category) -> None:
    before = staff_client.get("/categories/mugs")
    same = {"name": "Mugs", "slug": "mugs", "parent_id": "kitchen", "attributes": []}
    assert staff_client.put("/categories/mugs", same)["ETag"] == before["ETag"]
    assert not Change.objects.filter(action="updated").exists()
    assert not Event.objects.exists()


def test_every_change_is_in_the_audit_with_before_and_after(
    staff_client: APIClient, staff: User, kitchen: Category
) -> None:
    made = staff_client.post("/categories", {"name": "Mugs"}).json()
    staff_client.patch("/categories/mugs", {"parent_id": "kitchen", "attributes": [COLOUR]})
    staff_client.delete("/categories/mugs")
    rows = list(Change.objects.filter(subject_id=made["id"]).order_by("id"))
    assert [(row.kind, row.action, row.name, row.by) for row in rows] == [
        ("category", action, "Mugs", staff.email) for action in ("created", "updated", "deleted")
    ]
    assert rows[1].changes == {"parent_id": [None, str(kitchen.id)], "attributes": [[], [COLOUR]]}
    assert rows[2].changes["name"] == ["Mugs", None]
    assert all(row.request_id for row in rows)


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"parent_id": "mugs"}, "parent_id", "category_cycle"),
        ({"parent_id": "small"}, "parent_id", "category_cycle"),
        ({"parent_id": "kitchen"}, "parent_id", "category_cycle"),
        ({"parent_id": "nowhere"}, "parent_id", "category_not_found"),
        ({"name": "x" * 121}, "name", "max_length"),
        ({"name": "two\nlines"}, "name", "control_character"),
        ({"name": ""}, "name", "blank"),
        ({"name": None}, "name", "null"),
        ({"slug": "0190b5f2-7c3e-7c3e-8c3e-0190b5f27c3e"}, "slug", "reserved"),
        ({"slug": "with space"}, "slug", "invalid"),
        ({"colour": "red"}, "colour", "unknown_field"),
        ({"attributes": [{"name": "Size", "type": "text"}]}, "attributes.0.name", "invalid_name"),
        ({"attributes": [{"name": "size", "type": "money"}]}, "attributes.0.type", "invalid_choice"),
        ({"attributes": [{"name": "size", "type": "choice"}]}, "attributes.0.choices", "required"),
        ({"attributes": [{"name": "size", "type": "text", "choices": ["S"]}]}, "attributes.0.choices", "invalid"),
        ({"attributes": [COLOUR | {"choices": ["S", "S "]}]}, "attributes.0.choices", "repeated"),
        ({"attributes": [COLOUR | {"choices": [5]}]}, "attributes.0.choices.0", "invalid"),
        ({"attributes": [COLOUR | {"choices": [str(n) for n in range(101)]}]}, "attributes.0.choices", "max_length"),
        ({"attributes": [COLOUR, COLOUR]}, "attributes", "repeated"),
        ({"attributes": [{"name": f"a{n}", "type": "text"} for n in range(51)]}, "attributes", "max_length"),
        ({"attributes": {"name": "size"}}, "attributes", "not_a_list"),
    ],
)
def test_it_refuses_what_is_wrong_and_names_the_field(
    staff_client: APIClient, mugs: Category, body: dict[str, Any], field: str, code: str
) -> None:
    create_category(name="Small", parent="mugs")
    before = staff_client.get("/categories").content
    path = "/categories/kitchen" if body == {"parent_id": "kitchen"} else "/categories/mugs"
    refused = staff_client.patch(path, body)
    assert (refused.status_code, refused.json()["code"]) == (400, "validation_error")
    assert [(row["field"], row["code"]) for row in refused.json()["errors"]] == [(field, code)]
    assert staff_client.get("/categories").content == before


def test_a_slug_that_is_taken_is_409(staff_client: APIClient, mugs: Category) -> None:
    refused = staff_client.patch("/categories/mugs", {"slug": "kitchen"})
    assert (refused.status_code, refused.json()["code"]) == (409, "slug_taken")


def test_only_staff_write(guest: APIClient, client_of: ClientOf, customer: User, mugs: Category) -> None:
    for client, status in ((guest, 401), (client_of(customer), 403)):
        assert client.post("/categories", {"name": "New"}).status_code == status
        assert client.put("/categories/mugs", {"name": "New"}).status_code == status
        assert client.patch("/categories/mugs", {"name": "New"}).status_code == status
        assert client.delete("/categories/mugs").status_code == status


def test_readers_must_be_signed_in_where_the_setting_says_so(
    guest: APIClient, client_of: ClientOf, customer: User, mugs: Category, settings: Settings
) -> None:
    settings.CATALOG_SIGNED_IN_ONLY = True
    assert guest.get("/categories").status_code == guest.get("/categories/mugs").status_code == 401
    assert client_of(customer).get("/categories/mugs")["Cache-Control"].startswith("private")


@pytest.mark.parametrize("path", ["/categories", "/categories/mugs"])
def test_a_read_that_has_not_changed_is_304_without_touching_the_rows(
    guest: APIClient, staff_client: APIClient, mugs: Category, path: str
) -> None:
    first = guest.get(path)
    assert first["Cache-Control"].startswith("public")
    with CaptureQueriesContext(connection) as queries:
        unchanged = guest.get(path, headers={"If-None-Match": first["ETag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert not any("catalog_category" in query["sql"] for query in queries)
    staff_client.patch("/categories/mugs", {"attributes": [COLOUR]})
    assert guest.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_a_list_costs_as_many_queries_for_many_as_for_few(guest: APIClient, staff_client: APIClient) -> None:
    for number in range(50):
        staff_client.post("/categories", {"name": f"C{number}", "attributes": [COLOUR]})
    with CaptureQueriesContext(connection) as few:
        assert len(guest.get("/categories?limit=5").json()["results"]) == 5
    with CaptureQueriesContext(connection) as many:
        assert len(guest.get("/categories?limit=50").json()["results"]) == 50
    assert len(few) == len(many)
