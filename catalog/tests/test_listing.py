"""Pages of products: in every order, in both directions, with as much of each product as is asked for."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.models import User
from api.tests.walking import there_and_back
from catalog import freshness
from catalog.categories.services import create_category
from catalog.models import Product, ProductImage
from catalog.products.presentation import FIELDS
from catalog.products.services import VariantFacts
from catalog.tests.shelves import codes, path_of, put

pytestmark = pytest.mark.django_db
ORDERINGS = ["name", "-name", "price", "-price", "created_at", "-created_at"]


NAMES = st.text(st.sampled_from('aAbBéÉß "\\'), min_size=1, max_size=3) | st.sampled_from(
    ["😀" * 200, '"' * 200, "Ⱥ" * 200]
)
MOMENTS = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=number) for number in range(3)]
ROWS = st.lists(
    st.tuples(NAMES, st.sampled_from(["0", "5", "5.001", "10", "99999999999"]), st.sampled_from(MOMENTS)), max_size=9
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, ordering=st.sampled_from(ORDERINGS), limit=st.integers(1, 5))
def test_a_walk_to_the_end_and_back_meets_every_product_once_and_in_order(
    guest: APIClient, rows: list[tuple[str, str, datetime]], ordering: str, limit: int
) -> None:
    Product.objects.all().delete()
    made = Product.objects.bulk_create(
        Product(
            code=f"P{number}", slug=f"p{number}", name=name, price=Decimal(price), created_at=moment, currency="EUR"
        )
        for number, (name, price, moment) in enumerate(rows)
    )
    freshness.shelf.clear()
    pages = there_and_back(guest, f"/products?ordering={ordering}&limit={limit}")
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    field = ordering.lstrip("-")
    keys = {
        str(row.id): (getattr(row, field).lower() if field == "name" else getattr(row, field), row.id) for row in made
    }
    assert [id for page in pages for id in page] == sorted(keys, key=keys.__getitem__, reverse=ordering[0] == "-")


def test_names_are_sorted_as_people_do_without_regard_to_case(guest: APIClient) -> None:
    for name in ("Zebra", "apple", "Mango"):
        put(name.upper(), name=name)
    assert codes(guest.get("/products?ordering=name")) == ["APPLE", "MANGO", "ZEBRA"]


def test_a_page_does_not_move_when_something_new_arrives_before_it(guest: APIClient) -> None:
    for number in range(4):
        put(f"P{number}")
    first = guest.get("/products?limit=2")
    put("NEW")
    assert codes(first) + codes(guest.get(path_of(first.json()["next"]))) == ["P3", "P2", "P1", "P0"]


def test_a_filter_that_is_not_percent_encoded_is_the_same_on_the_next_page(guest: APIClient) -> None:
    """As curl sends what stands on its command line."""
    _, first, second = (put(f"P{n}", attributes={"Größe": "groß" if n else "klein"}) for n in range(3))
    assert there_and_back(guest, "/products?attr.Größe=groß&limit=1") == [[str(second.id)], [str(first.id)]]


def forged(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%00",
        "e30",
        forged(["name", "id"], False, ["a", "0"]),  # of another ordering
        forged(["-created_at", "-id"], False, ["yesterday", "01a20ac0-048d-76e4-af43-03ad4c5b25aa"]),
        forged(["-created_at", "-id"], False, ["2026-01-01T00:00:00", "01a20ac0-048d-76e4-af43-03ad4c5b25aa"]),
        forged(["-created_at", "-id"], False, ["2026-01-01T00:00:00Z", "1; DROP TABLE catalog_product"]),
        forged(["-created_at", "-id"], "no", ["2026-01-01T00:00:00Z", "01a20ac0-048d-76e4-af43-03ad4c5b25aa"]),
        forged(["-created_at", "-id"], False, [None, None]),
        forged(["-created_at", "-id"], False, [["a"], {}]),
        forged(["-created_at", "-id"], False, ["2026-01-01T00:00:00Z", 5]),
        forged(["-created_at", "-id"], False, {"2026-01-01T00:00:00Z": 1, "01a20ac0-048d-76e4-af43-03ad4c5b25aa": 2}),
        forged(["-created_at", "-id"], False, []),
        forged({"a": 1}),
        forged(1, 2, 3),
        "A" * 1990,
    ],
)
def test_a_cursor_that_is_not_ours_is_refused(guest: APIClient, cursor: str) -> None:
    put("P")
    refused = guest.get("/products", {"cursor": cursor})
    assert (refused.status_code, refused.json()["code"]) == (400, "validation_error")
    assert refused.json()["errors"][0]["field"] == "cursor"


@pytest.mark.parametrize("value", ["NaN", "1e400", "Infinity", 10**30, "-1e99", "1e-20000", "1e-999999", True])
def test_a_forged_price_in_a_cursor_is_refused(guest: APIClient, value: Any) -> None:
    cursor = forged(["price", "id"], False, [value, "01a20ac0-048d-76e4-af43-03ad4c5b25aa"])
    refused = guest.get("/products", {"cursor": cursor, "ordering": "price"})
    assert refused.status_code == 400


def test_only_the_fields_that_are_asked_for(guest: APIClient) -> None:
    made = put("P")
    assert guest.get("/products?fields=name,id").json()["results"] == [{"id": str(made.id), "name": "P"}]
    assert guest.get(f"/products/{made.id}?fields=price,code").json() == {"code": "P", "price": "10.00"}
    assert list(guest.get("/products").json()["results"][0]) == list(FIELDS)


def test_more_is_told_of_what_is_expanded(guest: APIClient) -> None:
    for name, parent in (("House", None), ("Kitchen", "house"), ("Mugs", "kitchen")):
        create_category(name=name, parent=parent)
    made = put("P", category="mugs")
    category = guest.get(f"/products/{made.id}?expand=category").json()["category"]
    assert [row["slug"] for row in category["path"]] == ["house", "kitchen", "mugs"]
    assert category["parent_id"] == category["path"][1]["id"]
    assert guest.get("/products?expand=category,variants").json()["results"][0]["category"] == category
    assert guest.get(f"/products/{put('Q').id}?expand=category").json()["category"] is None


@pytest.mark.parametrize("query", ["", "ordering=price", "category=kitchen", "search=name", "attr.colour=red"])
def test_a_page_costs_the_same_queries_with_ten_products_and_with_a_hundred(guest: APIClient, query: str) -> None:
    create_category(name="Kitchen")
    for number in range(100):
        sizes = [VariantFacts(sku=f"P{number}-{size}", price=Decimal(1)) for size in "SML"]
        made = put(f"P{number}", name="Name", category="kitchen", variants=sizes, attributes={"colour": "red"})
        for place in range(2):
            ProductImage.objects.create(
                product=made, position=place, key=f"products/{number}/{place}.jpg", width=1, height=1, size=1
            )
    counts = []
    for limit in (10, 100):
        with CaptureQueriesContext(connection) as asked:
            rows = guest.get(f"/products?{query}&limit={limit}").json()["results"]
        assert [len(rows[0][part]) for part in ("variants", "images")] == [3, 2]
        assert len(rows) == limit
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 3


def test_staff_see_what_is_not_for_sale_and_nobody_else(
    guest: APIClient, client_of: Callable[[User], APIClient], staff: User, customer: User
) -> None:
    for status in Product.Status:
        put(status.upper(), status=status)
    assert codes(client_of(staff).get("/products?status=draft")) == ["DRAFT"]
    assert sorted(codes(client_of(staff).get("/products?status=all"))) == ["ACTIVE", "ARCHIVED", "DRAFT"]
    assert codes(client_of(staff).get("/products")) == codes(guest.get("/products")) == ["ACTIVE"]
    for client in (guest, client_of(customer)):
        assert client.get("/products?status=draft").status_code == 403
