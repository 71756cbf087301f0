"""Counts beside a list."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from catalog.categories.services import create_category
from catalog.products.services import VariantFacts
from catalog.tests.shelves import codes, put

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> None:
    create_category(name="Kitchen")
    create_category(name="Mugs", parent="kitchen")
    put("M1", "5.00", category="mugs", attributes={"colour": "red", "size": 1})
    put("M2", "6.00", category="mugs", attributes={"colour": "blue", "size": 1.0})
    put("K1", "20.00", category="kitchen", attributes={"colour": "red", "dishwasher": True})
    both = [
        VariantFacts(sku=f"X-{colour}", price=Decimal(9), attributes={"colour": colour}) for colour in ("red", "blue")
    ]
    put("X1", variants=both)
    put("GONE", category="mugs", attributes={"colour": "red"}, status="archived")


def facets(guest: APIClient, query: str) -> dict[str, Any]:
    answer = guest.get(f"/products?{query}")
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()["facets"]
    return found


def counted(rows: list[dict[str, Any]]) -> dict[str, int]:
    return {row["value"]["slug"] if isinstance(row["value"], dict) else row["value"]: row["count"] for row in rows}


@pytest.mark.usefixtures("shop")
def test_they_count_what_each_value_would_leave(guest: APIClient) -> None:
    found = facets(guest, "facets=category,attr.colour,price")
    assert counted(found["category"]) == {"mugs": 2, "kitchen": 1}
    assert counted(found["attr.colour"]) == {"red": 3, "blue": 2}  # a product counts for the colours of its variants
    assert sum(row["count"] for row in found["price"]) == 4
    assert (found["price"][0]["from"], found["price"][-1]["to"]) == ("5.00", "20.00")
    assert "facets" not in guest.get("/products").json()


@pytest.mark.usefixtures("shop")
def test_a_facet_counts_under_all_filters_but_its_own(guest: APIClient) -> None:
    found = facets(guest, "facets=category,attr.colour,price&attr.colour=red&category=mugs&max_price=10")
    assert counted(found["category"]) == {"mugs": 1}
    assert counted(found["attr.colour"]) == {"red": 1, "blue": 1}
    assert [row["count"] for row in found["price"]] == [1]
    assert counted(facets(guest, "facets=category&category=mugs")["category"]) == {"mugs": 2, "kitchen": 1}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("attr.colour=red", ["K1", "M1", "X1"]),
        ("attr.colour=red&attr.size=1", ["M1"]),
        ("attr.size=1", ["M1", "M2"]),  # 1 and 1.0 are one number
        ("attr.size=01.0", ["M1", "M2"]),
        ("attr.dishwasher=true", ["K1"]),
        ("attr.dishwasher=false", []),
        ("attr.colour=Red", []),
        ("attr.nothing=red", []),
        ("min_price=6.00", ["K1", "M2", "X1"]),
        ("max_price=6", ["M1", "M2"]),
        ("min_price=6&max_price=9&attr.colour=blue&in_stock=true", ["M2"]),
        ("min_price=7&max_price=6", []),
    ],
)
@pytest.mark.usefixtures("shop")
def test_filters_combine(guest: APIClient, query: str, expected: list[str]) -> None:
    assert sorted(codes(guest.get(f"/products?{query}"))) == expected


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("facets=colour", "facets"),
        ("facets=attr.", "facets"),
        ("facets=", "facets"),
        (f"facets={','.join(f'attr.{number}' for number in range(11))}", "facets"),
        ("facets=" + ",".join(["price"] * 11), "facets"),
        ("attr.=red", "attr"),
        (f"attr.{'x' * 61}=red", f"attr.{'x' * 61}"),
        ("min_price=-1", "min_price"),
        ("min_price=NaN", "min_price"),
        ("max_price=1e400", "max_price"),
        ("max_price=1.23456", "max_price"),
        ("fields=id,secret", "fields"),
        ("expand=orders", "expand"),
        ("limit=10000", "limit"),
    ],
)
def test_it_says_what_is_wrong_with_a_parameter(guest: APIClient, query: str, field: str) -> None:
    refused = guest.get(f"/products?{query}")
    assert (refused.status_code, refused.json()["code"]) == (400, "validation_error")
    assert [error["field"] for error in refused.json()["errors"]] == [field]


def test_ten_facets_are_counted_at_once_and_no_more(guest: APIClient) -> None:
    put("M0", attributes={"colour": "red"})
    wanted = ["category", "price", "attr.colour", *(f"attr.{number}" for number in range(7))]

    found = facets(guest, f"facets={','.join(wanted)}")
    assert list(found) == wanted
    assert counted(found["attr.colour"]) == {"red": 1}

    refused = guest.get(f"/products?facets={','.join([*wanted, 'attr.size'])}")
    assert refused.status_code == 400
    assert refused.json()["errors"] == [
        {"field": "facets", "code": "too_many", "message": "There are at most 10, and these are 11."}
    ]


def test_facets_cost_one_query_each_however_many_products_there_are(guest: APIClient) -> None:
    path = "/products?facets=category,attr.colour,price"
    put("M0", attributes={"colour": "red"})
    with CaptureQueriesContext(connection) as few:
        facets(guest, path.partition("?")[2])
    for number in range(1, 30):
        put(f"M{number}", attributes={"colour": f"shade {number}"})
    with CaptureQueriesContext(connection) as many:
        facets(guest, path.partition("?")[2])
    assert len(few) == len(many) == 2 + 3
