"""Input that no product can be made of: refused with the field's name, never a traceback, nothing kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Product
from events.models import Event

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], APIClient]
MUG: dict[str, Any] = {"code": "MUG", "name": "Mug", "price": "12.90"}


@pytest.fixture
def staff_client(client_of: ClientOf, staff: User) -> APIClient:
    return client_of(staff)


def every_write(client: APIClient, change: dict[str, Any]) -> list[Any]:
    """The answers of POST, PUT, PATCH and a bulk change, each with the same wrong field."""
    made = client.post("/products", MUG)
    path, id = made["Location"], made.json()["id"]
    before = client.get(path).content
    answers = [
        client.post("/products", MUG | {"code": "NEW"} | change),
        client.put(path, MUG | change),
        client.patch(path, change),
        client.post("/products/bulk", {"changes": [{"id": id} | change]}),
    ]
    assert client.get(path).content == before
    assert Product.objects.count() == Event.objects.count() == 1
    return answers


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"price": "-1"}, "price"),
        ({"price": "-0.01"}, "price"),
        ({"price": "NaN"}, "price"),
        ({"price": "Infinity"}, "price"),
        ({"price": "1e400"}, "price"),
        ({"price": "1.00001"}, "price"),
        ({"price": "1.005"}, "price"),
        ({"price": "100000000000"}, "price"),
        ({"price": "12,90"}, "price"),
        ({"price": "٣"}, "price"),
        ({"price": "1_000"}, "price"),
        ({"price": "1e3"}, "price"),
        ({"price": "+1"}, "price"),
        ({"price": ""}, "price"),
        ({"price": 12.9}, "price"),
        ({"price": True}, "price"),
        ({"price": ["1"]}, "price"),
        ({"price": "1.5", "currency": "JPY"}, "price"),
        ({"price": "1.0005", "currency": "KWD"}, "price"),
        ({"currency": "BTC"}, "currency"),
        ({"currency": "eur"}, "currency"),
        ({"currency": 978}, "currency"),
        ({"code": "x" * 300}, "code"),
        ({"code": "mug☕"}, "code"),
        ({"code": "two\nlines"}, "code"),
        ({"code": ""}, "code"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\u0007b"}, "name"),
        ({"name": "a\u2028b"}, "name"),
        ({"name": None}, "name"),
        ({"description": "x" * 20_001}, "description"),
        ({"description": {"html": "<p>"}}, "description"),
        ({"tax_rate": "-1"}, "tax_rate"),
        ({"tax_rate": "100.01"}, "tax_rate"),
        ({"tax_rate": "1.005"}, "tax_rate"),
        ({"tax_rate": "NaN"}, "tax_rate"),
        ({"status": "sold"}, "status"),
        ({"status": "all"}, "status"),
        ({"category": "nowhere"}, "category"),
        ({"category": "0190b5f2-7c3e-7c3e-8c3e-0190b5f27c3e"}, "category"),
        ({"category": 5}, "category"),
        ({"product_url": "javascript:alert(1)"}, "product_url"),
        ({"product_url": "https://example.com/" + "x" * 500}, "product_url"),
        ({"attributes": []}, "attributes"),
        ({"attributes": {"a": None}}, "attributes.a"),
        ({"attributes": {"a": {"b": 1}}}, "attributes.a"),
        ({"attributes": {"a" * 61: 1}}, "attributes"),
        ({"attributes": {"a": "x" * 501}}, "attributes.a"),
        ({"attributes": {f"a{n}": n for n in range(51)}}, "attributes"),
        ({"id": "0190b5f2-7c3e-7c3e-8c3e-0190b5f27c3e"}, "id"),
        ({"version": 9}, "version"),
        ({"created_at": "2020-01-01T00:00:00Z"}, "created_at"),
        ({"images": []}, "images"),
    ],
)
def test_every_call_refuses_it_and_names_the_field(staff_client: APIClient, change: dict[str, Any], field: str) -> None:
    answers = every_write(staff_client, change)
    if field == "id":
        answers.pop()  # in a bulk change it names the product
    for answer in answers:
        assert answer.status_code in (400, 404) if field == "id" else 400
        assert answer.json()["code"] == "validation_error", answer.content
        assert [row["field"].removeprefix("changes.0.") for row in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("price", [12, 12.9, "12,90", "1e3", ""])
def test_a_price_that_is_no_decimal_text_is_answered_with_what_one_is(staff_client: APIClient, price: object) -> None:
    refused = staff_client.post("/products", {"code": "PEN", "name": "Pen", "price": price})
    assert refused.json()["errors"][0]["message"] == 'Give digits, with a point where need be, as text: "12.90".'


@pytest.mark.parametrize(
    "body",
    [
        b'{"name": "a\\u0000b"}',
        b'{"name": "\\ud800"}',
        b'{"name": "\xff"}',
        b'{"name": NaN}',
        b'{"price": 1e400}',
        b'{"attributes": {"a": 9223372036854775808}}',
        b'{"name": "a", "name": "b"}',
        b'{"name": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        b"[]",
        b"null",
    ],
)
def test_a_body_that_is_no_json_object_of_ours_is_400(staff_client: APIClient, body: bytes) -> None:
    path = staff_client.post("/products", MUG)["Location"]
    for method, address in (("post", "/products"), ("put", path), ("patch", path), ("post", "/products/bulk")):
        answer = getattr(staff_client, method)(address, body, content_type="application/json")
        assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert Product.objects.get().name == "Mug"


@pytest.mark.parametrize("number", [2**63 - 1, 2**63, -(2**63), 10**25, 10**400])
def test_a_number_of_any_size_is_answered(staff_client: APIClient, number: int) -> None:
    path = staff_client.post("/products", MUG)["Location"]
    for method, address, body in (
        ("patch", "/variants/MUG", b'{"low_stock": %d}'),
        ("post", "/variants/MUG/stock", b'{"delta": %d, "reason": "correction"}'),
        ("post", f"{path}/variants", b'{"sku": "N", "price": "1.00", "stock": %d}'),
        ("post", "/products", b'{"code": "N", "name": "N", "price": "1.00", "stock": %d}'),
    ):
        answer = getattr(staff_client, method)(address, body % number, content_type="application/json")
        assert answer.status_code == 400


@pytest.mark.parametrize("sku", ["x" * 300, "mug☕", "ＭＵＧ", "a\tb", "", "  ", None, 5])
def test_a_sku_that_cannot_be_is_refused_everywhere(staff_client: APIClient, sku: object) -> None:
    path = staff_client.post("/products", MUG)["Location"]
    variants = [{"sku": sku, "price": "1.00"}]
    for method, address, body in (
        ("post", "/products", {"code": "N", "name": "N", "variants": variants}),
        ("put", path, {"code": "MUG", "name": "Mug", "variants": variants}),
        ("post", f"{path}/variants", variants[0]),
        ("patch", "/variants/MUG", {"sku": sku}),
    ):
        answer = getattr(staff_client, method)(address, body)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"].endswith("sku")


@pytest.mark.parametrize("sku", ["MUG 1 L", "MUG/1", "MUG.1", "%41", "a+b", "?x=1", "#1", "..", "'; DROP TABLE x"])
def test_a_sku_of_any_printable_ascii_can_be_used_in_an_address_in_any_case(staff_client: APIClient, sku: str) -> None:
    made = staff_client.post("/products", MUG | {"variants": [{"sku": f" {sku} ", "price": "1.00"}]})
    assert made.json()["variants"][0]["sku"] == sku.upper()
    for spelling in (sku, sku.lower(), sku.upper()):
        address = f"/variants/{quote(spelling, safe='')}"
        assert staff_client.patch(address, {"price": "2.00"}).json()["sku"] == sku.upper()
        adjusted = staff_client.post(f"{address}/stock", {"delta": 1, "reason": "received"})
        assert adjusted.status_code == 200


def test_a_script_in_a_description_comes_back_as_the_text_that_it_is(staff_client: APIClient, guest: APIClient) -> None:
    script = "<script>alert(document.cookie)</script><img src=x onerror=alert(1)>"
    made = staff_client.post("/products", MUG | {"description": script, "attributes": {"a": script}})
    read = guest.get(made["Location"])
    assert (read.json()["description"], read.json()["attributes"]["a"]) == (script, script)
    assert read["Content-Type"] == "application/json"
    assert read["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/products/{id}", "/variants/MUG", "/categories/mugs"])
def test_a_body_of_another_type_or_a_method_that_is_not_there_is_said(staff_client: APIClient, path: str) -> None:
    made = staff_client.post("/products", MUG).json()
    staff_client.post("/categories", {"name": "Mugs"})
    address = path.format(id=made["id"])
    assert staff_client.patch(address, "name=x", content_type="text/plain").status_code == 415
    assert staff_client.post(address, {}).status_code == 405
    assert staff_client.patch(f"{address}?x=1", {}).status_code == 400
