"""Slugs: the readable address of a product, and the former ones that still lead to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import User

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], APIClient]


@pytest.fixture
def staff_client(client_of: ClientOf, staff: User) -> APIClient:
    return client_of(staff)


def make(client: APIClient, code: str, name: str, **facts: object) -> str:
    made = client.post("/products", {"code": code, "name": name, "price": "5.00"} | facts)
    assert made.status_code == 201, made.content
    return str(made["Location"])


def code_at(client: APIClient, slug: str) -> str | None:
    answer = client.get(f"/products/{slug}")
    return answer.json()["code"] if answer.status_code == 200 else None


def test_a_product_is_read_by_its_slug(staff_client: APIClient, guest: APIClient) -> None:
    make(staff_client, "MUG", "Großer Becher")
    assert code_at(guest, "groer-becher") == "MUG"


def test_every_former_slug_still_finds_the_product(staff_client: APIClient, guest: APIClient) -> None:
    path = make(staff_client, "MUG", "Mug")
    for slug in ("cup", "beaker"):
        assert staff_client.patch(path, {"slug": slug}).json()["slug"] == slug
    assert [code_at(guest, slug) for slug in ("mug", "cup", "beaker")] == ["MUG"] * 3
    assert guest.get("/products/mug").json()["slug"] == "beaker"


def test_a_name_alone_changes_no_slug(staff_client: APIClient) -> None:
    path = make(staff_client, "MUG", "Mug")
    assert staff_client.patch(path, {"name": "Cup"}).json()["slug"] == "mug"
    assert staff_client.put(path, {"code": "MUG", "name": "Bowl", "price": "1.00"}).json()["slug"] == "mug"


def test_a_slug_that_a_product_gave_up_may_be_taken_by_another(staff_client: APIClient, guest: APIClient) -> None:
    first = make(staff_client, "FIRST", "Mug")
    staff_client.patch(first, {"slug": "old-mug"})
    second = make(staff_client, "SECOND", "Cup")
    assert staff_client.patch(second, {"slug": "mug"}).status_code == 200
    assert code_at(guest, "mug") == "SECOND"
    staff_client.patch(second, {"slug": "cup"})
    assert code_at(guest, "mug") == "SECOND"
    assert staff_client.patch(first, {"slug": "mug"}).status_code == 200
    assert code_at(guest, "mug") == "FIRST"


def test_a_product_may_take_its_own_former_slug_back(staff_client: APIClient, guest: APIClient) -> None:
    path = make(staff_client, "MUG", "Mug")
    for slug in ("cup", "mug"):
        assert staff_client.patch(path, {"slug": slug}).status_code == 200
    assert (code_at(guest, "mug"), code_at(guest, "cup")) == ("MUG", "MUG")


def test_a_new_product_does_not_take_anothers_former_slug_by_its_name(
    staff_client: APIClient, guest: APIClient
) -> None:
    first = make(staff_client, "FIRST", "Mug")
    staff_client.patch(first, {"slug": "old-mug"})
    make(staff_client, "SECOND", "Mug")
    assert code_at(guest, "mug") == "FIRST"
    assert code_at(guest, "mug-second") == "SECOND"


def test_a_change_by_a_former_slug_changes_the_product(staff_client: APIClient) -> None:
    path = make(staff_client, "MUG", "Mug")
    staff_client.patch(path, {"slug": "cup"})
    assert staff_client.patch("/products/mug", {"name": "Changed"}).json()["code"] == "MUG"


def test_a_deleted_products_slugs_are_free_again(staff_client: APIClient, guest: APIClient) -> None:
    path = make(staff_client, "MUG", "Mug")
    staff_client.patch(path, {"slug": "cup"})
    staff_client.delete(path)
    assert (code_at(guest, "mug"), code_at(guest, "cup")) == (None, None)
    make(staff_client, "NEW", "Mug")
    assert code_at(guest, "mug") == "NEW"


@pytest.mark.parametrize(
    ("slug", "code"),
    [
        ("bulk", "reserved"),
        ("export", "reserved"),
        ("import", "reserved"),
        ("0190b5f2-7c3e-7c3e-8c3e-0190b5f27c3e", "reserved"),
        ("0190b5f27c3e7c3e8c3e0190b5f27c3e", "reserved"),
        ("two words", "invalid"),
        ("a/b", "invalid"),
        ("schön", "invalid"),
        ("", "blank"),
        ("x" * 241, "max_length"),
    ],
)
def test_a_slug_that_would_mean_something_else_in_an_address_is_refused(
    staff_client: APIClient, slug: str, code: str
) -> None:
    path = make(staff_client, "MUG", "Mug")
    new = staff_client.post("/products", {"code": "NEW", "name": "New", "price": "5.00", "slug": slug})
    for refused in (new, staff_client.patch(path, {"slug": slug})):
        assert refused.status_code == 400
        assert (refused.json()["errors"][0]["field"], refused.json()["errors"][0]["code"]) == ("slug", code)


@pytest.mark.parametrize("name", ["Bulk", "Import", "日本", "☕", "0190b5f2-7c3e-7c3e-8c3e-0190b5f27c3e"])
def test_a_name_that_makes_no_slug_of_its_own_still_gets_one(
    staff_client: APIClient, guest: APIClient, name: str
) -> None:
    slug = guest.get(make(staff_client, "MUG-1", name)).json()["slug"]
    assert slug
    assert slug not in ("bulk", "import")
    assert code_at(guest, slug) == "MUG-1"
