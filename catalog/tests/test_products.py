"""Products over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import User
from catalog.categories.serializers import CategoryShape
from catalog.categories.services import create_category
from catalog.models import Category, Product, StockMovement, Variant
from catalog.products.services import VariantFacts, create_product
from catalog.products.shapes import ProductShape, VariantShape
from events.models import Event

pytestmark = pytest.mark.django_db(transaction=True)
ClientOf = Callable[[User], APIClient]
MUG: dict[str, Any] = {"code": "mug-1", "name": "Stoneware mug", "price": "12.90", "stock": 7, "tax_rate": "19.00"}


@pytest.fixture
def staff_client(client_of: ClientOf, staff: User) -> APIClient:
    return client_of(staff)


def product(code: str, price: str = "10.00", stock: int = 5, **facts: Any) -> Product:
    variants = facts.pop("variants", [VariantFacts(sku=code, price=Decimal(price), stock=stock)])
    return create_product(**{"code": code, "name": code, "variants": variants, "by": "test"} | facts)


def codes(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [row["code"] for row in response.json()["results"]]


def test_staff_make_a_product_whose_sku_is_its_code(staff_client: APIClient, guest: APIClient) -> None:
    made = staff_client.post("/products", MUG)
    assert made.status_code == 201
    body = made.json()
    assert made["Location"] == f"/products/{body['id']}"
    assert body["variants"] == [{"sku": "MUG-1", "price": "12.90", "stock": 7, "attributes": {}}]
    assert (body["price"], body["currency"], body["tax_rate"], body["status"]) == ("12.90", "EUR", "19.00", "active")
    assert (body["slug"], body["category"], body["images"]) == ("stoneware-mug", None, [])
    read = guest.get(made["Location"])
    assert read.json() == body
    assert read["ETag"] == made["ETag"]


def test_staff_make_a_product_with_variants_and_one_price_for_those_without(staff_client: APIClient) -> None:
    create_category(name="Kitchen")
    variants = [
        {"sku": "bowl-s", "price": "9.50", "stock": 3, "attributes": {"size": "S"}},
        {"sku": "bowl-l", "stock": 1, "attributes": {"size": "L"}},
    ]
    body = {"code": "BOWL", "name": "Bowl", "price": "14", "category": "kitchen", "variants": variants}
    made = staff_client.post("/products", body).json()
    assert [(row["sku"], row["price"], row["stock"]) for row in made["variants"]] == [
        ("BOWL-S", "9.50", 3),
        ("BOWL-L", "14.00", 1),
    ]
    assert made["price"] == "9.50"
    assert made["category"]["slug"] == "kitchen"
    assert made["tax_rate"] == "0.00"


def test_a_new_product_is_told_with_the_json_that_the_api_shows(staff_client: APIClient) -> None:
    made = staff_client.post("/products", MUG).json()
    event = Event.objects.get(type="ProductCreated")
    assert event.subject == f"product/{made['id']}"
    assert event.data == {"product_id": made["id"], "code": "mug-1", "product": made}


def test_the_first_stock_is_in_the_ledger(staff_client: APIClient, staff: User) -> None:
    staff_client.post("/products", MUG)
    movement = StockMovement.objects.get()
    assert (movement.delta, movement.balance, movement.reason, movement.by) == (7, 7, "received", staff.email)


@pytest.mark.parametrize(("currency", "price", "written"), [("JPY", "1290", "1290"), ("KWD", "1.005", "1.005")])
def test_it_writes_prices_with_the_currency_s_digits(
    staff_client: APIClient, currency: str, price: str, written: str
) -> None:
    body = staff_client.post("/products", MUG | {"currency": currency, "price": price}).json()
    assert (body["price"], body["variants"][0]["price"]) == (written, written)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"price": 12.9}, "price"),
        ({"price": "-1"}, "price"),
        ({"price": "NaN"}, "price"),
        ({"price": "1e400"}, "price"),
        ({"price": "12.905"}, "price"),
        ({"price": "12.90551"}, "price"),
        ({"price": "12.5", "currency": "JPY"}, "price"),
        ({"price": None}, "price"),
        ({"currency": "ZZZ"}, "currency"),
        ({"currency": "eur"}, "currency"),
        ({"stock": -1}, "stock"),
        ({"stock": "2"}, "stock"),
        ({"stock": 1.5}, "stock"),
        ({"stock": True}, "stock"),
        ({"stock": 10**10}, "stock"),
        ({"code": "x" * 65}, "code"),
        ({"code": "mug ☕"}, "code"),
        ({"code": "  "}, "code"),
        ({"name": 5}, "name"),
        ({"tax_rate": "100.01"}, "tax_rate"),
        ({"product_url": "javascript:alert(1)"}, "product_url"),
        ({"category": "nowhere"}, "category"),
        ({"attributes": {"colour": ["red"]}}, "attributes.colour"),
        ({"attributes": {"": "red"}}, "attributes"),
        ({"images": []}, "images"),
        ({"variants": []}, "variants"),
        ({"variants": [{"sku": "A"}]}, "stock"),
    ],
)
def test_it_refuses_a_product_that_is_wrong_and_names_the_field(
    staff_client: APIClient, change: dict[str, Any], field: str
) -> None:
    refused = staff_client.post("/products", MUG | change)
    assert refused.status_code == 400
    assert refused.json()["code"] == "validation_error"
    assert [row["field"] for row in refused.json()["errors"]] == [field]
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("variants", "field"),
    [
        ([{"sku": "A", "price": "1.00"}, {"sku": "a", "price": "2.00"}], "variants"),
        ([{"sku": "A", "price": "1.00"}, {"sku": "B"}], "variants.1.price"),
        ([{"sku": "A", "price": "1.00"}, {"sku": "B", "price": "1.001"}], "variants.1.price"),
        ([{"sku": "A", "price": "1.00", "colour": "red"}], "variants.0.colour"),
    ],
)
def test_it_refuses_variants_that_are_wrong(
    staff_client: APIClient, variants: list[dict[str, Any]], field: str
) -> None:
    refused = staff_client.post("/products", {"code": "MUG", "name": "Mug", "variants": variants})
    assert refused.status_code == 400
    assert [row["field"] for row in refused.json()["errors"]] == [field]


def test_it_refuses_a_code_and_a_sku_that_are_taken_in_whatever_case(staff_client: APIClient) -> None:
    product("MUG-1")
    refused = staff_client.post("/products", MUG)
    assert (refused.status_code, refused.json()["code"]) == (409, "code_taken")
    variants = [{"sku": "new", "price": "1.00"}, {"sku": "mug-1", "price": "1.00"}]
    refused = staff_client.post("/products", {"code": "OTHER", "name": "Other", "variants": variants})
    assert (refused.status_code, refused.json()["code"], refused.json()["skus"]) == (409, "sku_taken", ["MUG-1"])
    assert Product.objects.count() == Variant.objects.count() == 1


def test_it_refuses_a_product_that_no_event_can_carry(staff_client: APIClient) -> None:
    refused = staff_client.post("/products", MUG | {"description": "😀" * 20_000})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "too_large")
    assert not Product.objects.exists()


def test_it_refuses_texts_that_are_too_long_to_be_searched(staff_client: APIClient) -> None:
    words = (f"word{number}" for number in range(100_000))
    texts = [{f"a{name}": " ".join(islice(words, 50)) for name in range(50)} for _ in range(32)]
    variants = [{"sku": f"S{number}", "price": "1.00", "attributes": text} for number, text in enumerate(texts)]
    refused = staff_client.post("/products", {"code": "MUG", "name": "Mug", "variants": variants})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "too_large")
    assert not Product.objects.exists()


def test_products_of_one_name_get_slugs_of_their_own(staff_client: APIClient) -> None:
    slugs = [staff_client.post("/products", MUG | {"code": code}).json()["slug"] for code in ("A.1", "A1", "a/1")]
    assert slugs == ["stoneware-mug", "stoneware-mug-a1", slugs[2]]
    assert len(set(slugs)) == 3


def test_the_same_key_makes_one_product(staff_client: APIClient) -> None:
    first = staff_client.post("/products", MUG, headers={"Idempotency-Key": "one"})
    again = staff_client.post("/products", MUG, headers={"Idempotency-Key": "one"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again["Idempotency-Replayed"] == "true"
    assert (again["ETag"], again["Location"]) == (first["ETag"], first["Location"])
    assert Product.objects.count() == Event.objects.count() == 1


def test_only_staff_make_products(guest: APIClient, client_of: ClientOf, customer: User) -> None:
    assert guest.post("/products", MUG).status_code == 401
    assert client_of(customer).post("/products", MUG).status_code == 403
    assert not Product.objects.exists()


@pytest.mark.parametrize("status", [Product.Status.DRAFT, Product.Status.ARCHIVED])
def test_what_is_not_for_sale_is_for_staff_s_eyes_alone(
    guest: APIClient, client_of: ClientOf, customer: User, staff: User, status: Product.Status
) -> None:
    hidden = product("HIDDEN")
    Product.objects.filter(id=hidden.id).update(status=status)
    assert guest.get(f"/products/{hidden.id}").status_code == 404
    assert client_of(customer).get(f"/products/{hidden.id}").status_code == 404
    assert client_of(staff).get(f"/products/{hidden.id}").json()["status"] == status
    assert codes(guest.get("/products")) == []


def test_a_read_that_has_not_changed_is_304_and_one_whose_stock_has_is_not(guest: APIClient) -> None:
    mug = product("MUG")
    etag = guest.get(f"/products/{mug.id}")["ETag"]
    unchanged = guest.get(f"/products/{mug.id}", headers={"If-None-Match": etag})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    Variant.objects.update(stock=4)
    assert guest.get(f"/products/{mug.id}", headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize("path", ["/products/0", "/products/019000000000", "/categories/x", "/variants/%00/stock"])
def test_an_address_that_names_nothing_is_404(staff_client: APIClient, path: str) -> None:
    missing = staff_client.get(path)
    assert (missing.status_code, missing["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ordering=name", ["apron", "bowl", "cup"]),
        ("ordering=-name", ["cup", "bowl", "apron"]),
        ("ordering=price", ["bowl", "cup", "apron"]),
        ("ordering=-price", ["apron", "cup", "bowl"]),
        ("ordering=created_at", ["cup", "apron", "bowl"]),
        ("ordering=-created_at", ["bowl", "apron", "cup"]),
        ("", ["bowl", "apron", "cup"]),
        ("in_stock=true", ["bowl", "cup"]),
        ("in_stock=false", ["apron"]),
        ("code=BOWL", ["bowl"]),
        ("search=SHINY", ["cup"]),
        ("search=cup+shiny", ["cup"]),
        ("search=cup+rusty", []),
        ("search=%25", []),
        ("category=kitchen&in_stock=true", ["cup"]),
        ("category=nowhere", []),
    ],
)
def test_a_list_is_filtered_and_ordered(guest: APIClient, query: str, expected: list[str]) -> None:
    create_category(name="Kitchen")
    product("cup", "9.00", category="kitchen", description="A shiny thing")
    product("apron", "30.00", stock=0, category="kitchen")
    product("bowl", "8.50")
    assert codes(guest.get(f"/products?{query}")) == expected


def test_a_category_is_named_by_its_id_too(guest: APIClient) -> None:
    kitchen = create_category(name="Kitchen")
    product("cup", category=str(kitchen.id))
    product("spade")
    assert codes(guest.get(f"/products?category={kitchen.id}")) == ["cup"]


def test_a_category_stands_for_all_that_lie_below_it(guest: APIClient) -> None:
    create_category(name="Kitchen")
    create_category(name="Mugs", parent="kitchen")
    create_category(name="Small mugs", parent="mugs")
    create_category(name="Garden")
    for code, category in (("cup", "small-mugs"), ("pan", "kitchen"), ("spade", "garden")):
        product(code, category=category)
    assert codes(guest.get("/products?category=kitchen&ordering=name")) == ["cup", "pan"]
    assert codes(guest.get("/products?category=small-mugs")) == ["cup"]


@pytest.mark.parametrize(
    "query",
    ["colour=red", "ordering=stock", "in_stock=yes", "limit=0", "limit=101", "cursor=x", "in_stock=true&in_stock=true"],
)
def test_it_refuses_a_parameter_that_is_unknown_or_wrong(guest: APIClient, query: str) -> None:
    refused = guest.get(f"/products?{query}")
    assert (refused.status_code, refused.json()["code"]) == (400, "validation_error")


@pytest.mark.parametrize("ordering", ["name", "-name", "price", "-price", "created_at", "-created_at"])
def test_pages_neither_skip_nor_repeat_a_product_also_where_many_are_equal(guest: APIClient, ordering: str) -> None:
    for number in range(9):
        product(f"P{number}", "5.00" if number % 3 else "6.00", name="Same name" if number % 2 else "Other name")
    whole = codes(guest.get(f"/products?ordering={ordering}&limit=100"))
    pages, path = [], f"/products?ordering={ordering}&limit=2"
    while path:
        answer = guest.get(path)
        pages.append(codes(answer))
        last, path = answer.json(), _path(answer.json()["next"])
    assert [code for page in pages for code in page] == whole
    assert len(whole) == 9
    assert codes(guest.get(_path(last["previous"]))) == pages[-2]


def test_a_page_costs_as_many_queries_with_fifty_products_as_with_five(guest: APIClient) -> None:
    create_category(name="Kitchen")
    for number in range(50):
        sizes = [VariantFacts(sku=f"P{number}-{size}", price=Decimal(1)) for size in "SML"]
        product(f"P{number}", category="kitchen", variants=sizes)
    with CaptureQueriesContext(connection) as few:
        assert len(codes(guest.get("/products?limit=5"))) == 5
    with CaptureQueriesContext(connection) as many:
        assert len(codes(guest.get("/products?limit=50"))) == 50
    assert len(few) == len(many) == 2


def test_categories_are_made_listed_and_read(staff_client: APIClient, guest: APIClient) -> None:
    kitchen = staff_client.post("/categories", {"name": "Kitchen & Table"})
    assert kitchen.status_code == 201
    mugs = staff_client.post("/categories", {"name": "Mugs", "parent_id": "kitchen-table"}).json()
    place = {"id": mugs["id"], "name": "Mugs", "slug": "mugs", "parent_id": kitchen.json()["id"]}
    assert mugs == place | {"attributes": []}
    assert [row["slug"] for row in guest.get("/categories").json()["results"]] == ["kitchen-table", "mugs"]
    read = guest.get(f"/categories/{mugs['id']}")
    assert read.json() == mugs
    assert guest.get(f"/categories/{mugs['id']}", headers={"If-None-Match": read["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"name": "Mugs"}, 409, "slug_taken"),
        ({"name": "☕"}, 400, "validation_error"),
        ({"name": "New", "slug": "not a slug"}, 400, "validation_error"),
        ({"name": "New", "parent_id": "nowhere"}, 400, "validation_error"),
        ({"name": "New", "colour": "red"}, 400, "validation_error"),
    ],
)
def test_it_refuses_a_category_that_is_wrong(
    staff_client: APIClient, body: dict[str, str], status: int, code: str
) -> None:
    create_category(name="Mugs")
    refused = staff_client.post("/categories", body)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert Category.objects.count() == 1


def test_staff_set_a_stock_right_and_the_change_is_told(staff_client: APIClient, staff: User) -> None:
    mug = product("MUG", stock=5)
    changed = staff_client.post("/variants/mug/stock", {"delta": -2, "reason": "two broken"})
    assert (changed.status_code, changed.json()) == (
        200,
        {"sku": "MUG", "price": "10.00", "stock": 3, "attributes": {}},
    )
    movement = StockMovement.objects.first()
    assert movement is not None
    assert (movement.delta, movement.balance, movement.reason, movement.note, movement.by) == (
        -2,
        3,
        "correction",
        "two broken",
        staff.email,
    )
    event = Event.objects.get(type="StockChanged")
    assert (event.subject, event.data) == (
        "variant/MUG",
        {"product_id": str(mug.id), "sku": "MUG", "delta": -2, "balance": 3, "reason": "two broken"},
    )


def test_a_stock_never_goes_below_zero(staff_client: APIClient) -> None:
    product("MUG", stock=5)
    refused = staff_client.post("/variants/MUG/stock", {"delta": -6, "reason": "correction"})
    assert (refused.status_code, refused.json()["code"]) == (409, "insufficient_stock")
    assert refused.json()["items"] == [{"sku": "MUG", "requested": 6, "available": 5}]
    assert Variant.objects.get().stock == 5


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"delta": 0, "reason": "received"}, 400),
        ({"delta": 1.5, "reason": "received"}, 400),
        ({"delta": "2", "reason": "received"}, 400),
        ({"delta": 1}, 400),
        ({"delta": 10**9, "reason": "received"}, 409),
        ({"delta": 10**12, "reason": "received"}, 400),
    ],
)
def test_it_refuses_a_change_of_stock_that_is_wrong(staff_client: APIClient, body: dict[str, Any], status: int) -> None:
    product("MUG", stock=5)
    assert staff_client.post("/variants/MUG/stock", body).status_code == status
    assert Variant.objects.get().stock == 5


def test_only_staff_change_stock_and_only_of_what_there_is(
    staff_client: APIClient, guest: APIClient, client_of: ClientOf, customer: User
) -> None:
    product("MUG")
    body = {"delta": 1, "reason": "received"}
    assert guest.post("/variants/MUG/stock", body).status_code == 401
    assert client_of(customer).post("/variants/MUG/stock", body).status_code == 403
    missing = staff_client.post("/variants/NONE/stock", body)
    assert (missing.status_code, missing.json()["code"]) == (404, "product_not_found")


def test_the_schema_tells_the_shapes_that_are_answered(staff_client: APIClient, guest: APIClient) -> None:
    create_category(name="Kitchen")
    made = staff_client.post("/products", MUG | {"category": "kitchen"}).json()
    assert list(made) == list(ProductShape().fields)
    assert {*made["variants"][0], "low_stock"} == set(VariantShape().fields)
    assert set(guest.get("/categories").json()["results"][0]) == set(CategoryShape().fields)
    paths = guest.get("/schema").json()["paths"]
    names = {row["name"] for row in paths["/products"]["get"]["parameters"]}
    assert names >= {
        "limit",
        "cursor",
        "search",
        "category",
        "min_price",
        "in_stock",
        "code",
        "attr.{name}",
        "ordering",
    }
    assert set(paths["/products"]["post"]["responses"]) >= {"201", "400", "401", "403", "409", "422"}


def _path(url: str | None) -> str:
    if url is None:
        return ""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"
