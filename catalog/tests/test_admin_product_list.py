"""The list of products in the admin: finding, editing price and status in place, and changing many at once."""

from __future__ import annotations

import csv
import html
import io
import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from catalog.categories.services import create_category
from catalog.models import Change, Product, ProductImage
from catalog.products.services import VariantFacts, create_product, update_product
from catalog.tests.staff_browser import Browser, Fields, fields_of, text_of
from events.models import Event

pytestmark = pytest.mark.django_db
LIST = "/admin/catalog/product/"
SAVE = {"_save": "Save"}


@pytest.fixture
def browser(staff: User) -> Browser:
    return Browser(staff)


def a_product(code: str, price: str = "10.00", stock: int = 3, **facts: Any) -> Product:
    variants = facts.pop("variants", [VariantFacts(sku=code, price=Decimal(price), stock=stock)])
    return create_product(**{"code": code, "name": code.title(), "variants": variants, "by": "test", **facts})


def rows(browser: Browser, query: str = "") -> Fields:
    return browser.opened(f"{LIST}{query}", "changelist-form")


def row_of(fields: Fields, product: Product) -> str:
    """What the names of the product's fields begin with."""
    return next(name.removesuffix("-id") for name, value in fields.items() if value == str(product.id))


def test_price_and_status_are_changed_in_the_list_and_told_like_any_change(browser: Browser, staff: User) -> None:
    mug, cup = a_product("MUG"), a_product("CUP")
    fields = rows(browser)
    fields |= {f"{row_of(fields, mug)}-shown_price": "12.50", f"{row_of(fields, cup)}-status": "archived"}
    assert browser.post(LIST, fields | SAVE).status_code == 302
    mug.refresh_from_db()
    cup.refresh_from_db()
    assert (mug.price, mug.status, mug.version) == (Decimal("12.50"), "active", 2)
    assert (cup.price, cup.status, cup.version) == (Decimal("10.00"), "archived", 2)
    assert Change.objects.filter(action="updated", by=staff.email).count() == 2
    told = Event.objects.get(type="ProductUpdated", subject=f"product/{mug.id}")
    assert told.data["product"]["variants"][0]["price"] == "12.50"


def test_rows_that_nobody_touched_are_not_saved(browser: Browser) -> None:
    mug, cup = a_product("MUG"), a_product("CUP")
    fields = rows(browser)
    update_product(product_id=cup.id, facts={"status": "draft", "price": Decimal("8.00")}, by="colleague")
    fields[f"{row_of(fields, mug)}-shown_price"] = "12.50"
    assert browser.post(LIST, fields | SAVE).status_code == 302
    cup.refresh_from_db()
    assert (cup.status, cup.price, cup.version) == ("draft", Decimal("8.00"), 2)


def test_a_row_that_somebody_else_changed_is_refused_with_what_they_did(browser: Browser) -> None:
    mug, cup = a_product("MUG"), a_product("CUP")
    fields = rows(browser)
    update_product(product_id=mug.id, facts={"price": Decimal("11.00")}, by="colleague@example.com")
    fields |= {f"{row_of(fields, mug)}-shown_price": "12.50", f"{row_of(fields, cup)}-shown_price": "7.00"}
    page = browser.post(LIST, fields | SAVE)
    said = text_of(page)
    assert "Not saved" in said
    assert "colleague@example.com changed price from 10.00 to 11.00" in said
    mug.refresh_from_db()
    cup.refresh_from_db()
    assert (mug.price, cup.price) == (Decimal("11.00"), Decimal("10.00"))
    kept = fields_of(page, "changelist-form")
    assert kept[f"{row_of(kept, mug)}-shown_price"] == "12.50"
    assert kept[f"{row_of(kept, cup)}-shown_price"] == "7.00"
    assert browser.post(LIST, kept | SAVE).status_code == 302  # now it is a decision
    mug.refresh_from_db()
    cup.refresh_from_db()
    assert (mug.price, cup.price) == (Decimal("12.50"), Decimal("7.00"))


@pytest.mark.parametrize(
    ("price", "complaint"),
    [
        ("-1", "greater than or equal to 0"),
        ("NaN", "Enter a number"),
        ("1e400", "digits"),
        ("1.005", "EUR has 2 digits after the point"),
        ("", "This field is required"),
        ("cheap", "Enter a number"),
    ],
)
def test_one_wrong_price_is_named_and_the_other_rows_keep_what_was_typed(
    browser: Browser, price: str, complaint: str
) -> None:
    mug, cup = a_product("MUG"), a_product("CUP")
    fields = rows(browser)
    fields |= {f"{row_of(fields, mug)}-shown_price": price, f"{row_of(fields, cup)}-shown_price": "7.00"}
    page = browser.post(LIST, fields | SAVE)
    assert complaint in text_of(page)
    kept = fields_of(page, "changelist-form")
    assert kept[f"{row_of(kept, mug)}-shown_price"] == price
    assert kept[f"{row_of(kept, cup)}-shown_price"] == "7.00"
    assert set(Product.objects.values_list("price", flat=True)) == {Decimal("10.00")}


def test_refused_rows_are_shown_as_they_were_sent_though_the_list_has_changed(browser: Browser) -> None:
    mug, _ = a_product("MUG"), a_product("CUP")
    fields = rows(browser)
    a_product("APRON")  # stands first by now
    fields[f"{row_of(fields, mug)}-shown_price"] = "-1"
    page = browser.post(LIST, fields | SAVE)
    said = text_of(page)
    assert "Mug" in said and "Apron" not in said


def test_a_product_that_is_gone_is_told(browser: Browser) -> None:
    mug, cup = a_product("MUG"), a_product("CUP")
    fields = rows(browser)
    fields[f"{row_of(fields, mug)}-shown_price"] = "12.50"
    cup.delete()
    assert "has been deleted since" in text_of(browser.post(LIST, fields | SAVE, follow=True))
    assert Product.objects.get().price == Decimal("10.00")


def test_several_variants_show_the_lowest_price_and_no_field(browser: Browser) -> None:
    variants = [
        VariantFacts(sku=f"TEE-{size}", price=Decimal(price)) for size, price in (("S", "9.00"), ("L", "11.00"))
    ]
    tee = a_product("TEE", variants=variants)
    page = browser.get(LIST)
    fields = fields_of(page, "changelist-form")
    assert "from 9.00 EUR" in text_of(page)
    assert f"{row_of(fields, tee)}-shown_price" not in fields


def test_a_price_is_shown_with_its_currencys_digits(browser: Browser) -> None:
    yen = a_product("YEN", price="1290", currency="JPY")
    fields = rows(browser)
    assert fields[f"{row_of(fields, yen)}-shown_price"] == "1290"


@pytest.mark.parametrize("broken", [{"form-TOTAL_FORMS": "60", "form-INITIAL_FORMS": "60"}, {"form-0-id": "x"}])
def test_a_form_that_no_page_made_is_refused(browser: Browser, broken: Fields) -> None:
    a_product("MUG")
    fields = rows(browser) | {"form-0-shown_price": "5.00"}
    assert browser.post(LIST, fields | broken | SAVE).status_code in (200, 302, 400)
    assert Product.objects.get().price == Decimal("10.00")


@pytest.mark.parametrize(
    ("action", "status"), [("activate", "active"), ("set_draft", "draft"), ("archive", "archived")]
)
def test_many_are_changed_at_once(browser: Browser, staff: User, action: str, status: str) -> None:
    chosen = [a_product(f"P{number}", status="draft" if action == "activate" else "active") for number in range(3)]
    other = a_product("OTHER", status="draft")
    page = browser.post(
        LIST, {"action": action, "_selected_action": [str(one.id) for one in chosen], "index": "0"}, follow=True
    )
    assert f"3 products are {status} now" in text_of(page)
    assert {one.status for one in Product.objects.exclude(id=other.id)} == {status}
    assert Event.objects.filter(type="ProductUpdated").count() == 3
    assert Change.objects.filter(action="updated", by=staff.email).count() == 3


def test_more_than_a_thousand_are_not_changed_at_once(browser: Browser) -> None:
    Product.objects.bulk_create(
        Product(code=f"P{number}", name="P", slug=f"p{number}", currency="EUR") for number in range(1001)
    )
    chosen = {"action": "archive", "_selected_action": [str(Product.objects.latest("id").id)], "index": "0"}
    page = browser.post(LIST, chosen | {"select_across": "1"}, follow=True)
    assert "Choose at most 1000 products at a time" in text_of(page)
    assert not Product.objects.filter(status="archived").exists()


def test_the_list_leads_to_the_import(browser: Browser) -> None:
    assert "/admin/catalog/product/import_products/" in browser.get(LIST).content.decode()
    answer = browser.get("/admin/catalog/product/import_products/", follow=True)
    assert answer.redirect_chain[-1][0] == "/admin/catalog/import/add/"
    assert "CSV file" in text_of(answer)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=mug", {"MUG"}),
        ("?q=MUG-BLUE", {"MUG"}),
        ("?q=teapto", {"TEAPOT"}),
        ("?status__exact=draft", {"BOWL"}),
        ("?stock=in", {"MUG", "BOWL"}),
        ("?stock=out", {"TEAPOT"}),
        ("?stock=low", {"MUG"}),
        ("?category=kitchen", {"MUG", "TEAPOT"}),
        ("?category=cups", {"MUG"}),
        ("?category=none", {"BOWL"}),
        ("?images=yes", {"TEAPOT"}),
        ("?images=no", {"MUG", "BOWL"}),
        ("?currency=JPY", {"BOWL"}),
        ("?tax_rate=7.00", {"TEAPOT"}),
        ("?category=nowhere", set()),
        ("?category=%00", {"MUG", "TEAPOT", "BOWL"}),
        ("?currency=%00", {"MUG", "TEAPOT", "BOWL"}),
        ("?tax_rate=x", {"MUG", "TEAPOT", "BOWL"}),
        ("?category__id__exact=x", {"MUG", "TEAPOT", "BOWL"}),
        ("?stock=x", {"MUG", "TEAPOT", "BOWL"}),
        ("?q=%00", {"MUG", "TEAPOT", "BOWL"}),
        ("?q=!!!", set()),
    ],
)
def test_it_is_searched_and_narrowed(browser: Browser, query: str, found: set[str]) -> None:
    create_category(name="Kitchen")
    create_category(name="Cups", parent="kitchen")
    a_product("MUG", category="cups", variants=[VariantFacts(sku="MUG-BLUE", price=Decimal(5), stock=2, low_stock=2)])
    teapot = a_product("TEAPOT", category="kitchen", stock=0, tax_rate=Decimal("7.00"))
    a_product("BOWL", status="draft", price="900", currency="JPY")
    ProductImage.objects.create(product=teapot, key="k", content_type="image/png", width=1, height=1, size=1, sha256="")
    said = text_of(browser.get(f"{LIST}{query}", follow=True))
    assert {code for code in ("MUG", "TEAPOT", "BOWL") if f" {code} " in said} == found


def test_a_filter_is_added_to_those_that_are_set(browser: Browser) -> None:
    kitchen = create_category(name="Kitchen")
    a_product("MUG", category="kitchen")
    chosen = browser.opened(
        f"{LIST}?q=mug&stock=in&status__exact=active&tax_rate=0.00&images=no&currency=EUR", "filter-form"
    )
    query = {name: value for name, value in chosen.items() if value} | {"category": str(kitchen.id)}
    assert query == {
        "q": "mug",
        "stock": "in",
        "status__exact": "active",
        "tax_rate": "0.00",
        "images": "no",
        "currency": "EUR",
        "category": str(kitchen.id),
    }
    assert " MUG " in text_of(browser.get(LIST, query))


def test_what_the_list_is_narrowed_to_is_exported(browser: Browser) -> None:
    create_category(name="Kitchen")
    a_product("MUG", category="kitchen")
    a_product("BOWL", category="kitchen", status="draft")
    a_product("APRON")

    def exported(query: str) -> set[str]:
        found = re.search(
            r'href="(/admin/catalog/product/export_products/[^"]*)"', browser.get(LIST + query).content.decode()
        )
        assert found is not None
        answer = browser.get(html.unescape(found[1]))
        assert answer["Content-Type"].startswith("text/csv")
        table = csv.DictReader(io.StringIO(answer.getvalue().decode()))
        return {row["code"] for row in table}

    assert exported("") == {"MUG", "BOWL", "APRON"}
    assert exported("?category=kitchen") == {"MUG", "BOWL"}
    assert exported("?category=kitchen&status__exact=active") == {"MUG"}
    assert exported("?category=none") == {"MUG", "BOWL", "APRON"}


def test_stock_that_is_low_or_gone_is_marked(browser: Browser) -> None:
    a_product("MUG", variants=[VariantFacts(sku="MUG", price=Decimal(5), stock=2, low_stock=2)])
    a_product("BOWL", stock=0)
    a_product("CUP", stock=9)
    said = text_of(browser.get(LIST))
    assert "2 · low" in said and "0 · sold out" in said and " 9 " in said


def test_it_can_be_sorted_by_stock(browser: Browser) -> None:
    for code, stock in (("MUG", 5), ("BOWL", 0), ("CUP", 9)):
        a_product(code, stock=stock)
    column = 7  # counted from the checkbox
    said = text_of(browser.get(f"{LIST}?o={column - 1}"))
    assert said.index("BOWL") < said.index("MUG") < said.index("CUP")


def test_a_list_of_a_hundred_costs_as_many_queries_as_one_of_ten(browser: Browser) -> None:
    create_category(name="Kitchen")

    def queries(more: int, query: str) -> int:
        for number in range(more):
            product = a_product(f"P{Product.objects.count()}", category="kitchen" if number % 2 else None)
            ProductImage.objects.create(
                product=product, key="k", content_type="image/png", width=1, height=1, size=1, sha256=""
            )
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(f"{LIST}{query}").status_code == 200
        return len(captured)

    browser.get(LIST)
    few = queries(10, "?all=")
    assert queries(90, "?all=") == few < 20


def test_saving_many_rows_with_one_error_costs_no_query_per_row(browser: Browser) -> None:
    def queries(more: int) -> int:
        for _ in range(more):
            a_product(f"P{Product.objects.count()}")
        fields = rows(browser, "?all=") | {"form-0-shown_price": "-1"}
        with CaptureQueriesContext(connection) as captured:
            assert "greater than or equal" in text_of(browser.post(f"{LIST}?all=", fields | SAVE))
        return len(captured)

    browser.get(LIST)
    few = queries(10)
    assert queries(60) == few


def test_a_script_in_a_name_is_shown_as_text(browser: Browser) -> None:
    a_product("MUG", name="<script>alert(1)</script>", description="<img onerror=alert(1)>")
    body = browser.get(LIST).content
    assert b"&lt;script&gt;alert(1)" in body
    assert b"<script>alert(1)" not in body
