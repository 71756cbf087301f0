"""Attributes that a category defines: checked by type wherever a product or a variant is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from api.problems import Invalid
from catalog.categories.attributes import Definition, definitions_of, typed
from catalog.models import Category, CategoryAttribute, Product, Variant

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], APIClient]
CUP: dict[str, Any] = {"code": "CUP", "name": "Cup", "price": "9.00", "category": "cups"}


@pytest.fixture
def staff_client(client_of: ClientOf, staff: User) -> APIClient:
    return client_of(staff)


@pytest.fixture(autouse=True)
def cups() -> Category:
    """Cups below the kitchen: `colour` is free text in the kitchen and a choice for cups, `volume` comes from above."""
    kitchen = Category.objects.create(name="Kitchen", slug="kitchen")
    cups = Category.objects.create(name="Cups", slug="cups", parent=kitchen)
    define(kitchen, "colour", "text")
    define(kitchen, "volume", "number")
    define(cups, "colour", "choice", ["red", "blue"])
    define(cups, "dishwasher", "boolean")
    return cups


def define(category: Category, name: str, type: str, choices: list[str] | None = None) -> None:
    category.attribute_definitions.create(name=name, type=type, choices=choices or [])


def errors(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 400, answer.content
    assert answer.json()["code"] == "validation_error"
    return [(row["field"], row["code"]) for row in answer.json()["errors"]]


def test_what_fits_the_definitions_is_kept_as_it_was_sent(staff_client: APIClient) -> None:
    attributes = {"colour": "red", "volume": 0.3, "dishwasher": True, "free": "as a bird"}
    made = staff_client.post("/products", CUP | {"attributes": attributes})
    assert (made.status_code, made.json()["attributes"]) == (201, attributes)
    assert staff_client.get("/products?attr.volume=0.3&attr.dishwasher=true").json()["results"] == [made.json()]


@pytest.mark.parametrize(
    ("attributes", "field", "code"),
    [
        ({"volume": "0.3"}, "attributes.volume", "wrong_type"),
        ({"volume": True}, "attributes.volume", "wrong_type"),
        ({"dishwasher": "true"}, "attributes.dishwasher", "wrong_type"),
        ({"dishwasher": 1}, "attributes.dishwasher", "wrong_type"),
        ({"colour": "green"}, "attributes.colour", "invalid_choice"),
        ({"colour": "Red"}, "attributes.colour", "invalid_choice"),
        ({"colour": True}, "attributes.colour", "invalid_choice"),
        ({"size=l": "a"}, "attributes.size=l", "invalid_name"),
        ({"volume": 1e19}, "attributes.volume", "invalid"),
        ({"free": "\x07"}, "attributes.free", "invalid"),
    ],
)
def test_what_does_not_fit_is_named_with_its_type(
    staff_client: APIClient, attributes: dict[str, Any], field: str, code: str
) -> None:
    assert errors(staff_client.post("/products", CUP | {"attributes": attributes})) == [(field, code)]
    assert not Product.objects.exists()


def test_the_message_names_the_type_or_the_choices(staff_client: APIClient) -> None:
    refused = staff_client.post("/products", CUP | {"attributes": {"volume": "big", "colour": "green"}}).json()
    assert [row["message"] for row in refused["errors"]] == [
        "Its type is number: give a JSON number, such as 12.5.",
        "It is one of red, blue.",
    ]


def test_the_nearest_definition_counts_and_others_come_from_above(staff_client: APIClient) -> None:
    in_the_kitchen = {"category": "kitchen", "attributes": {"colour": "any text", "dishwasher": "not defined here"}}
    assert staff_client.post("/products", CUP | in_the_kitchen).status_code == 201
    without = {"code": "B", "category": None, "attributes": {"colour": 5}}
    assert staff_client.post("/products", CUP | without).status_code == 201


def test_a_variants_attributes_are_checked_too(staff_client: APIClient) -> None:
    variants = [
        {"sku": "CUP-S", "attributes": {"volume": 0.2}},
        {"sku": "CUP-L", "attributes": {"volume": "0.4", "colour": "pink"}},
    ]
    assert errors(staff_client.post("/products", CUP | {"variants": variants})) == [
        ("variants.1.attributes.volume", "wrong_type"),
        ("variants.1.attributes.colour", "invalid_choice"),
    ]


def test_every_way_to_write_a_product_checks_them(staff_client: APIClient) -> None:
    made = staff_client.post("/products", CUP).json()
    path, wrong = f"/products/{made['id']}", {"attributes": {"volume": "x"}}
    expected = [("attributes.volume", "wrong_type")]
    assert errors(staff_client.patch(path, wrong)) == expected
    assert errors(staff_client.put(path, CUP | wrong)) == expected
    assert errors(staff_client.patch("/variants/CUP", wrong)) == expected
    assert errors(staff_client.post(f"{path}/variants", {"sku": "NEW", "price": "1.00"} | wrong)) == expected
    bulk = staff_client.post("/products/bulk", {"changes": [{"id": made["id"]} | wrong]})
    assert errors(bulk) == [("changes.0.attributes.volume", "wrong_type")]
    assert staff_client.get(path).json() == made


def test_a_value_stays_when_its_definition_changes_until_it_is_written(staff_client: APIClient) -> None:
    made = staff_client.post("/products", CUP | {"attributes": {"colour": "red"}}).json()
    CategoryAttribute.objects.filter(name="colour").update(choices=["green"], type="choice")
    path = f"/products/{made['id']}"
    assert staff_client.patch(path, {"name": "A better cup"}).status_code == 200
    assert staff_client.patch(path, {"attributes": {"colour": "red", "volume": 1}}).status_code == 200
    assert errors(staff_client.patch(path, {"attributes": {"colour": "blue"}})) == [
        ("attributes.colour", "invalid_choice")
    ]


def test_another_category_asks_for_its_own_types(staff_client: APIClient) -> None:
    made = staff_client.post("/products", CUP | {"category": "kitchen", "attributes": {"colour": "green"}}).json()
    refused = staff_client.patch(f"/products/{made['id']}", {"category": "cups"})
    assert errors(refused) == [("attributes.colour", "invalid_choice")]
    assert staff_client.get(f"/products/{made['id']}").json()["category"]["slug"] == "kitchen"


def test_a_change_of_type_alone_is_a_change(staff_client: APIClient) -> None:
    made = staff_client.post("/products", CUP | {"attributes": {"free": 1}})
    changed = staff_client.patch(made["Location"], {"attributes": {"free": True}})
    assert changed.json()["attributes"] == {"free": True}
    assert changed["ETag"].partition("-")[0] == '"2'


def test_definitions_come_in_one_query(cups: Category, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        found = definitions_of(cups.id)
    assert found["colour"] == Definition("colour", "choice", ("red", "blue"))
    assert set(found) == {"colour", "volume", "dishwasher"}
    assert definitions_of(None) == {}


@pytest.mark.parametrize(
    ("type", "text", "value"),
    [
        ("number", "12", 12),
        ("number", " -0.5 ", -0.5),
        ("number", "1e3", 1000.0),
        ("boolean", "TRUE", True),
        ("boolean", "false", False),
        ("text", " 12 ", " 12 "),
        ("choice", "red ", "red"),
    ],
)
def test_a_text_becomes_what_the_definition_says(type: str, text: str, value: object) -> None:
    read = typed(text, Definition("a", type, ("red",) if type == "choice" else ()))
    assert (read, builtin(read)) == (value, builtin(value))


@pytest.mark.parametrize(
    ("type", "text", "code"),
    [
        ("number", "twelve", "wrong_type"),
        ("number", "1,5", "wrong_type"),
        ("number", "NaN", "wrong_type"),
        ("number", "1e400", "invalid"),
        ("number", "9" * 5000, "wrong_type"),
        ("number", "٣", "wrong_type"),
        ("boolean", "yes", "wrong_type"),
        ("choice", "RED", "invalid_choice"),
    ],
)
def test_a_text_that_cannot_become_it_is_refused(type: str, text: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        typed(text, Definition("a", type, ("red",) if type == "choice" else ()))
    assert refused.value.errors is not None
    assert (refused.value.errors[0]["field"], refused.value.errors[0]["code"]) == ("attributes.a", code)


def test_without_a_definition_a_text_is_itself() -> None:
    assert typed("007", None) == "007"


def test_a_variant_keeps_its_attributes_when_another_is_refused(staff_client: APIClient) -> None:
    staff_client.post("/products", CUP | {"variants": [{"sku": "A", "attributes": {"volume": 1}}, {"sku": "B"}]})
    assert errors(staff_client.patch("/variants/B", {"attributes": {"volume": "1"}})) == [
        ("attributes.volume", "wrong_type")
    ]
    assert dict(Variant.objects.values_list("sku", "attributes")) == {"A": {"volume": 1}, "B": {}}


def builtin(value: object) -> type:
    return type(value)
