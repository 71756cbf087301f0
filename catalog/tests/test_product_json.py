"""There is one JSON of a product: lists, single products, answers, events and the OpenAPI document agree on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from rest_framework.test import APIClient

from accounts.models import User
from events.models import Event
from events.schemas import closed
from events.tests.contract import check_row

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], APIClient]
ATTRIBUTES = {"colour": "rot, weiß", "litres": 0.35, "pieces": 4, "oven": True, "note": '☕ "<b>&amp;" \\ \u202e'}
PRICES = {"EUR": ("12.90", "9.5", "9.50"), "JPY": ("1290", "950", "950"), "KWD": ("12.905", "9.5", "9.500")}


@pytest.fixture
def staff_client(client_of: ClientOf, staff: User) -> APIClient:
    return client_of(staff)


@pytest.fixture(params=PRICES)
def made(request: pytest.FixtureRequest, staff_client: APIClient) -> Any:
    """The answer to the POST of a product with everything that a product can have."""
    dear, cheap, _ = PRICES[request.param]
    definitions = [{"name": "colour", "type": "text"}, {"name": "litres", "type": "number"}]
    definitions += [{"name": "oven", "type": "boolean"}]
    staff_client.post("/categories", {"name": "Küche & Tisch", "attributes": definitions})
    answer = staff_client.post(
        "/products",
        {
            "code": "Mug #1",
            "name": "Kaffeebecher „Żółw“ 日本 😀",
            "description": "Zwei\nZeilen\tund <script>alert('x')</script>",
            "model": "M-1",
            "product_url": "https://example.com/mug?a=1&b=2",
            "category": "kuche-tisch",
            "tax_rate": "7.5",
            "currency": request.param,
            "attributes": ATTRIBUTES,
            "variants": [
                {"sku": "mug s/1", "price": dear, "stock": 3, "low_stock": 1, "attributes": {"size": "S"}},
                {"sku": "MUG-L", "price": cheap, "attributes": ATTRIBUTES},
            ],
        },
    )
    assert answer.status_code == 201, answer.content
    return answer


@pytest.fixture
def validator(guest: APIClient) -> Draft202012Validator:
    """The OpenAPI document's own schema of a product, with no field besides those that it names."""
    document = guest.get("/schema").json()
    schema = closed({"$ref": "#/components/schemas/ProductShape", "components": document["components"]})
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def test_all_that_shows_a_product_shows_the_same(
    staff_client: APIClient, guest: APIClient, made: Any, validator: Draft202012Validator
) -> None:
    path, body = made["Location"], made.json()
    shown = {
        "detail": guest.get(path).json(),
        "detail by slug": guest.get(f"/products/{body['slug']}").json(),
        "detail for staff": staff_client.get(path).json(),
        "list": guest.get("/products").json()["results"][0],
        "list for staff": staff_client.get("/products?status=all").json()["results"][0],
        "search": guest.get("/products?search=kaffeebecher").json()["results"][0],
        "patch that changes nothing": staff_client.patch(path, {"model": "M-1"}).json(),
        "bulk": staff_client.post("/products/bulk", {"changes": [{"id": body["id"]}]}).json()["results"][0],
        "event": Event.objects.get(type="ProductCreated").data["product"],
    }
    for name, product in shown.items():
        assert product == body, name
        assert name == "event" or list(product) == list(body), name  # the log's jsonb keeps no order
    validator.validate(body)


def test_a_changed_product_is_told_as_it_is_answered(
    staff_client: APIClient, guest: APIClient, made: Any, validator: Draft202012Validator
) -> None:
    answers = [staff_client.patch(made["Location"], {"name": "Tasse", "category": None})]
    put = {"code": "Mug #1", "name": "Becher", "variants": [{"sku": "MUG-L", "price": "7"}]}
    answers.append(staff_client.put(made["Location"], put | {"attributes": ATTRIBUTES}))
    events = Event.objects.filter(type="ProductUpdated").order_by("id")
    for answer, event in zip(answers, events, strict=True):
        assert answer.json() == event.data["product"]
        validator.validate(answer.json())
        check_row(event)
    assert guest.get(made["Location"]).json() == answers[-1].json()


def test_what_was_sent_comes_back_as_it_was(made: Any) -> None:
    body = made.json()
    dear, _, cheap = PRICES[body["currency"]]
    assert (body["name"], body["code"]) == ("Kaffeebecher „Żółw“ 日本 😀", "Mug #1")
    assert body["description"] == "Zwei\nZeilen\tund <script>alert('x')</script>"
    assert body["attributes"] == body["variants"][1]["attributes"] == ATTRIBUTES
    assert [row["price"] for row in body["variants"]] == [dear, cheap]
    assert (body["price"], body["tax_rate"]) == (cheap, "7.50")
    assert [row["sku"] for row in body["variants"]] == ["MUG S/1", "MUG-L"]


def test_with_expand_and_fields_it_is_the_same_with_more_or_less(
    guest: APIClient, made: Any, validator: Draft202012Validator
) -> None:
    body = made.json()
    more = guest.get(f"{made['Location']}?expand=category,variants").json()
    validator.validate(more)
    assert [row.pop("low_stock") for row in more["variants"]] == [1, None]
    assert [step["slug"] for step in more["category"].pop("path")] == ["kuche-tisch"]
    assert more["category"].pop("parent_id") is None
    assert more == body
    less = guest.get("/products?fields=price,id,variants").json()["results"][0]
    assert less == {name: body[name] for name in ("id", "price", "variants")}


def test_a_number_keeps_its_value_and_its_kind(staff_client: APIClient, guest: APIClient, made: Any) -> None:
    numbers = {"a": 1, "b": 1.5, "c": -0.001, "d": 9007199254740993, "e": 2**63 - 1, "f": 1e-300, "g": 0.1}
    answer = staff_client.patch(made["Location"], {"attributes": numbers})
    assert answer.json()["attributes"] == guest.get(made["Location"]).json()["attributes"] == numbers
    again = staff_client.patch(made["Location"], {"attributes": answer.json()["attributes"]})
    assert again["ETag"] == answer["ETag"]
