"""Answers that are kept: never stale, and sent again without a look at the rows."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.conf import LazySettings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import User
from catalog import freshness, revision, stock
from catalog.categories.services import create_category
from catalog.models import Category, Product, ProductImage, Variant
from catalog.products.services import delete_product, update_product
from catalog.tests.shelves import codes, put

pytestmark = pytest.mark.django_db


def asked(asking: Callable[[], object]) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        asking()
    return [query["sql"] for query in queries]


@pytest.mark.parametrize("path", ["/products", "/products?search=mug&facets=price", "/products/mug"])
def test_what_has_not_changed_is_answered_without_touching_a_row(guest: APIClient, path: str) -> None:
    put("MUG", name="Mug")
    first = guest.get(path)
    again = asked(lambda: guest.get(path))
    unchanged = asked(lambda: guest.get(path, headers={"If-None-Match": first["ETag"]}))
    assert len(again) == len(unchanged) == 1
    assert all("catalog_revision" in sql and "catalog_product" not in sql for sql in again + unchanged)
    assert guest.get(path).content == first.content
    assert guest.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 304
    assert guest.get(path, headers={"If-None-Match": f"W/{first['ETag']}"}).status_code == 304


@pytest.mark.parametrize("path", ["/products", "/products/mug", "/products/cup", "/products/{id}"])
def test_an_answer_that_is_made_anew_takes_one_statement_beside_the_revision(guest: APIClient, path: str) -> None:
    mug = put("MUG", name="Mug")
    mug.former_slugs.create(slug="cup")
    assert len(asked(lambda: guest.get(path.format(id=mug.id)))) == 2


CHANGES: dict[str, Callable[[Product], object]] = {
    "a name": lambda mug: update_product(product_id=mug.id, facts={"name": "Cup"}, by="x"),
    "a price": lambda mug: update_product(product_id=mug.id, facts={"price": Decimal("11.00")}, by="x"),
    "a stock": lambda mug: stock.adjust(sku="MUG", delta=-1, reason="broken", by="x"),
    "an order": lambda mug: stock.take(items={"MUG": 1}, order_id=mug.id, by="x"),
    "a category's name": lambda mug: Category.objects.update(name="Cups"),
    "an image": lambda mug: ProductImage.objects.create(product=mug, key="k", width=1, height=1, size=1),
    "a deletion": lambda mug: delete_product(product_id=mug.id, by="x"),
    "another product": lambda mug: put("CUP"),
    "SQL by hand": lambda mug: Variant.objects.filter(sku="MUG").update(stock=3),
}


@pytest.mark.parametrize("change", CHANGES)
def test_after_any_change_the_answer_is_the_new_one(guest: APIClient, change: str) -> None:
    create_category(name="Mugs")
    mug = put("MUG", category="mugs")
    before = guest.get("/products")
    CHANGES[change](mug)
    after = guest.get("/products", headers={"If-None-Match": before["ETag"]})
    assert (after.status_code, after.content != before.content) == (200, True)
    assert after["ETag"] != before["ETag"]
    freshness.shelf.clear()
    assert guest.get("/products").content == after.content


def test_a_change_of_something_else_leaves_the_validator_of_a_product_as_it_is(guest: APIClient) -> None:
    put("MUG")
    etag = guest.get("/products/mug")["ETag"]
    put("CUP")
    assert guest.get("/products/mug", headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.django_db(transaction=True)
def test_writers_that_have_not_committed_hold_nobody_up_and_are_counted_when_they_have() -> None:
    put("MUG")
    before = revision.current()
    other = connection.copy()
    try:
        with transaction.atomic():
            Variant.objects.filter(sku="MUG").update(low_stock=1)
            with other.cursor() as cursor:  # a second writer, while the first holds its row of the revision
                cursor.execute("INSERT INTO catalog_category (id, name, slug, version) VALUES (%s, 'A', 'a', 1)", [ID])
                cursor.execute("SELECT sum(changes) FROM catalog_revision")
                assert cursor.fetchone() == (before + 1,)
        assert revision.current() == before + 2
    finally:
        other.close()


ID = "01a20ac0-048d-76e4-af43-03ad4c5b25aa"


def test_a_cdn_may_keep_what_everybody_sees_and_nothing_else(
    guest: APIClient, client_of: Callable[[User], APIClient], staff: User
) -> None:
    put("MUG")
    for path in ("/products", "/products/mug", "/categories"):
        assert guest.get(path)["Cache-Control"] == "public, max-age=0, s-maxage=10"
        assert guest.get(path, headers={"If-None-Match": guest.get(path)["ETag"]})["Cache-Control"].startswith("public")
    for path in ("/products", "/products/mug"):  # there may be drafts in what staff see
        assert client_of(staff).get(path)["Cache-Control"] == "private, no-cache"
    assert client_of(staff).get("/products").content == guest.get("/products").content


def test_a_draft_that_staff_have_seen_is_still_nobody_s(
    guest: APIClient, client_of: Callable[[User], APIClient], staff: User
) -> None:
    put("SECRET", status="draft")
    assert client_of(staff).get("/products/secret").status_code == 200
    assert guest.get("/products/secret").status_code == 404


def test_a_setting_shows_the_catalog_to_signed_in_people_only(
    guest: APIClient, client_of: Callable[[User], APIClient], customer: User, settings: LazySettings
) -> None:
    put("MUG")
    assert codes(guest.get("/products")) == ["MUG"]
    settings.CATALOG_SIGNED_IN_ONLY = True
    for path in ("/products", "/products/mug", "/categories"):
        assert guest.get(path).status_code == 401
        seen = client_of(customer).get(path)
        assert (seen.status_code, seen["Cache-Control"]) == (200, "private, max-age=0")


def test_the_shelf_gives_up_what_was_not_asked_for_longest() -> None:
    one, texts = freshness.BESIDE_TEXTS, len("a12345")
    shelf = freshness.Shelf(max_bytes=2 * (one + texts))
    for name in ("a", "b"):
        shelf.put(name, 1, freshness.Answer(b"12345", f'"{name}"'))
    assert shelf.get("a", 1) is not None
    shelf.put("c", 1, freshness.Answer(b"12345", '"c"'))
    assert [shelf.get(name, 1) is not None for name in "abc"] == [True, False, True]
    shelf.put("a", 2, freshness.Answer(b"1", '"a2"'))
    assert (shelf.get("a", 1), shelf.bytes) == (None, one + len("a1") + one + texts)
    shelf.put("huge", 2, freshness.Answer(b"1" * 2 * (one + texts), '"huge"'))
    assert (shelf.get("huge", 2), shelf.bytes) == (None, 0)


@pytest.mark.parametrize("length", [20, 4000])
def test_answers_that_say_nothing_to_long_addresses_take_no_more_memory_than_there_is(length: int) -> None:
    shelf = freshness.Shelf(max_bytes=1_000_000)
    tracemalloc.start()
    try:
        for number in range(10_000):
            answer = freshness.Answer(b'{"results":[]}%d' % number, f'"0-{number:024}"')
            shelf.put(f"/products?search={number:0{length}}", 10_000 + number, answer)
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 500_000 < taken < 1_200_000
