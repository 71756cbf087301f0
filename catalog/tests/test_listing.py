"""Pages of products: in every order, in both directions, with as much of each product as is asked for."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import User
from catalog.categories.services import create_category
from catalog.models import Product, ProductImage
from catalog.products.presentation import FIELDS
from catalog.products.services import VariantFacts
from catalog.tests.shelves import codes, path_of, put

pytestmark = pytest.mark.django_db
ORDERINGS = ["name", "-name", "price", "-price", "created_at", "-created_at"]


def walk(guest: APIClient, path: str, way: str) -> list[list[str]]:
    pages = []
    while path:
        answer = guest.get(path)
        pages.append(codes(answer))
        path = path_of(answer.json()[way])
    return pages


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_a_walk_to_the_end_and_back_sees_the_same_pages(guest: APIClient, ordering: str) -> None:
    for number in range(11):
        put(f"P{number}", "5.00" if number % 3 else "6.00", name="same Name" if number % 2 else "Same name")
    Product.objects.filter(code__in=["P1", "P2", "P3"]).update(created_at=Product.objects.get(code="P4").created_at)
    whole = codes(guest.get(f"/products?ordering={ordering}&limit=100"))
    there = walk(guest, f"/products?ordering={ordering}&limit=3", "next")
    assert [code for page in there for code in page] == whole
    assert len(set(whole)) == 11
    back_from = f"/products?ordering={ordering}&limit=3"
    while following := path_of(guest.get(back_from).json()["next"]):
        back_from = following
    assert walk(guest, back_from, "previous") == there[::-1]


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


@pytest.mark.parametrize("value", ["NaN", "1e400", "Infinity", 10**30, "-1e99", True])
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
