"""The export: streamed, safe in a spreadsheet, and taken back by an import without a change."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.models import User
from catalog.categories.services import create_category
from catalog.models import Change, Product, Variant
from catalog.products.services import VariantFacts, create_product
from catalog.tests.importing import counts, exported, product, taken_over
from events.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(client_of: Callable[[User], APIClient], staff: User) -> APIClient:
    return client_of(staff)


def made(code: str, **facts: Any) -> Product:
    variants = facts.pop("variants", None) or [VariantFacts(sku=code, price=Decimal("1.50"), stock=2)]
    return create_product(code=code, variants=variants, by="test", **{"name": code} | facts)


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_it_has_a_row_for_each_variant_and_a_column_for_each_attribute(client: APIClient) -> None:
    create_category(name="Kitchen")
    sizes = [VariantFacts(sku=f"TEE-{size}", price=Decimal(9), attributes={"size": size}) for size in "SL"]
    made("TEE", name="Tee", category="kitchen", tax_rate=Decimal("19"), attributes={"colour": "red"}, variants=sizes)
    made("YEN", currency="JPY", status="draft", variants=[VariantFacts(sku="YEN", price=Decimal(900), stock=3)])
    content = exported(client)
    assert content.splitlines()[0] == (
        b"code,sku,name,price,currency,stock,tax_rate,category,description,status,attr.colour,attr.size"
    )
    assert [list(row.values()) for row in table(content)] == [
        ["TEE", "TEE-S", "Tee", "9.00", "EUR", "0", "19.00", "kitchen", "", "active", "red", "S"],
        ["TEE", "TEE-L", "Tee", "9.00", "EUR", "0", "19.00", "kitchen", "", "active", "red", "L"],
        ["YEN", "YEN", "YEN", "900", "JPY", "3", "0.00", "", "", "draft", "", ""],
    ]


def test_it_is_a_file_to_save_that_nobody_keeps(client: APIClient) -> None:
    made("A")
    answer = client.get("/products/export")
    assert answer.streaming
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="products.csv"'
    assert answer["Cache-Control"] == "private, no-store"
    assert answer.getvalue()


def test_a_client_may_ask_for_csv_and_is_refused_in_json(client: APIClient) -> None:
    assert client.get("/products/export", headers={"Accept": "text/csv"})["Content-Type"].startswith("text/csv")
    refusal = client.get("/products/export?status=lost", headers={"Accept": "text/csv"})
    assert (refusal.status_code, refusal["Content-Type"]) == (400, "application/problem+json")
    assert refusal.json()["code"] == "validation_error"


def test_an_empty_catalog_has_a_header(client: APIClient) -> None:
    assert exported(client) == b"code,sku,name,price,currency,stock,tax_rate,category,description,status\r\n"


def test_it_is_narrowed_to_a_branch_or_a_status(client: APIClient) -> None:
    create_category(name="Kitchen")
    create_category(name="Mugs", parent="kitchen")
    made("A", category="mugs")
    made("B", status="draft", attributes={"colour": "red"})
    assert [row["code"] for row in table(exported(client, "?category=kitchen"))] == ["A"]
    assert [row["code"] for row in table(exported(client, "?status=draft"))] == ["B"]
    assert "attr.colour" not in table(exported(client, "?status=active"))[0]
    assert table(exported(client, "?category=nowhere")) == []
    assert client.get("/products/export?status=sold").status_code == 400
    assert client.get("/products/export?colour=red").status_code == 400


def test_it_asks_the_database_as_often_for_many_products_as_for_one(client: APIClient) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            exported(client)
        return len(asked)

    made("A")
    few = queries()
    for number in range(30):
        made(f"M-{number}", variants=[VariantFacts(sku=f"M-{number}-{n}", price=Decimal(1)) for n in range(3)])
    assert queries() == few


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "'=1+1", "''=1"])
def test_no_cell_is_a_formula_and_the_import_takes_the_guard_off_again(client: APIClient, text: str) -> None:
    made("A", description=text, attributes={"note": text})
    content = exported(client)
    (row,) = table(content)
    assert (row["description"], row["attr.note"]) == (f"'{text}", f"'{text}")
    assert counts(taken_over(client, content)) == ("done", 0, 0, 1, 0)
    Product.objects.update(description="", attributes={})
    assert counts(taken_over(client, content)) == ("done", 0, 1, 0, 0)
    assert product(client, "A")["description"] == text.strip()


def test_a_formula_in_a_file_is_a_text(client: APIClient) -> None:
    taken_over(client, "code,name,price\n=1+1,=HYPERLINK(1),1\n")
    (row,) = table(exported(client))
    assert (row["code"], row["sku"], row["name"]) == ("'=1+1", "'=1+1", "'=HYPERLINK(1)")


def test_an_apostrophe_that_guards_nothing_is_the_texts_own(client: APIClient) -> None:
    made("A", name="'90s mug", attributes={"note": "'", "empty": ""})
    content = exported(client)
    assert table(content)[0]["name"] == "'90s mug"
    assert counts(taken_over(client, content)) == ("done", 0, 0, 1, 0)
    taken_over(client, "code,name,price\nB,'80s mug,1\n")
    assert product(client, "B")["name"] == "'80s mug"


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12) | st.sampled_from(
    ["=1", "'=1", "''", "'", '"', '""', "a,b", "a;b", "a\r\nb", "\r", "\n", " a ", "\ufeff", "\u2028", "-", "+", "'-'"]
)
CODE = st.from_regex(r"[!-~]([ -~]{0,6}[!-~])?", fullmatch=True)
VALUE = TEXT | st.integers(-(2**62), 2**62) | st.booleans() | st.floats(allow_nan=False, allow_infinity=False, width=32)
NAME = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="="), min_size=1, max_size=8
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_a_catalog_holds_its_export_changes_nothing(client: APIClient, data: st.DataObject) -> None:
    """Written straight to the tables, so that texts which no call would take are tried too."""
    Product.objects.all().delete()
    codes = data.draw(st.lists(CODE, min_size=1, max_size=3, unique_by=lambda code: code.upper()))
    for number, code in enumerate(codes):
        attributes = data.draw(st.dictionaries(NAME.filter(str.strip), VALUE, max_size=3))
        row = Product.objects.create(
            code=code,
            name=data.draw(TEXT),
            slug=f"p-{number}",
            description=data.draw(TEXT),
            currency=data.draw(st.sampled_from(["EUR", "JPY", "KWD"])),
            attributes=attributes,
        )
        own = data.draw(st.dictionaries(NAME.filter(str.strip), VALUE, max_size=2))
        Variant.objects.create(product=row, sku=f"{code} {number}".upper(), price=Decimal(number), attributes=own)
        Variant.objects.create(product=row, sku=f"{number}", price=Decimal(7), stock=number)
    before = list(Product.objects.order_by("id").values()), list(Variant.objects.order_by("id").values())
    content = exported(client)
    body = taken_over(client, content)
    assert counts(body) == ("done", 0, 0, 2 * len(codes), 0), (body, content)
    assert (list(Product.objects.order_by("id").values()), list(Variant.objects.order_by("id").values())) == before
    assert not Change.objects.exists()
    assert not Event.objects.exclude(type="ImportRequested").exists()
    assert exported(client) == content
