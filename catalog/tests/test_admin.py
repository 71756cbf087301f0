"""The catalog's pages in the admin."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from catalog.categories.services import create_category
from catalog.models import Category, Product, StockMovement, Variant
from catalog.products.services import VariantFacts, create_product
from events.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(staff: User) -> Client:
    client = Client()
    client.force_login(staff, backend="accounts.backends.CognitoBackend")
    return client


@pytest.fixture
def mug() -> Product:
    return create_product(
        code="MUG",
        name="Mug",
        description="<script>alert(1)</script>",
        variants=[VariantFacts(sku="MUG", price=Decimal("12.90"), stock=5)],
        by="test",
    )


def form(product: Product | None, variants: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    facts = {"name": "Mug", "slug": "mug", "code": "MUG", "status": "active", "category": "", "description": ""}
    facts |= {"tax_rate": "19.00", "model": "", "product_url": "", "attributes": "{}"}
    facts |= {} if product else {"currency": "EUR"}
    old = sum("id" in row for row in variants)
    counts = {"variants-TOTAL_FORMS": len(variants), "variants-INITIAL_FORMS": old}
    rows = {f"variants-{i}-{name}": value for i, row in enumerate(variants) for name, value in row.items()}
    return facts | counts | rows | changes


@pytest.mark.parametrize("model", ["product", "variant", "stockmovement", "category"])
def test_every_list_is_found_and_searched(page: Client, mug: Product, model: str) -> None:
    create_category(name="Kitchen")
    answer = page.get(f"/admin/catalog/{model}/?q={'kitchen' if model == 'category' else 'mug'}")
    assert answer.status_code == 200
    assert (b"Kitchen" if model == "category" else b"MUG") in answer.content


def test_a_product_shows_its_script_as_text(page: Client, mug: Product) -> None:
    body = page.get(f"/admin/catalog/product/{mug.id}/change/").content
    assert b"&lt;script&gt;alert(1)" in body
    assert b"<script>alert(1)" not in body
    assert b'value="12.90"' in body


def test_a_product_made_in_the_admin_is_told_like_any_other(page: Client) -> None:
    variants = [
        {"sku": "mug-s", "price": "9.90", "attributes": "{}"},
        {"sku": "mug-l", "price": "8", "attributes": "{}"},
    ]
    answer = page.post("/admin/catalog/product/add/", form(None, variants))
    assert answer.status_code == 302, answer.content.decode()
    product = Product.objects.get()
    assert (product.price, product.version) == (Decimal(8), 1)
    assert [row.sku for row in product.variants.all()] == ["MUG-S", "MUG-L"]
    data = Event.objects.get(type="ProductCreated").data
    assert [row["sku"] for row in data["product"]["variants"]] == ["MUG-S", "MUG-L"]


def test_a_change_in_the_admin_gets_a_new_version_and_leaves_stock_alone(page: Client, mug: Product) -> None:
    variant = Variant.objects.get()
    row = {"id": variant.id, "product": mug.id, "sku": "MUG", "price": "7.50", "attributes": "{}"}
    Variant.objects.update(stock=2)  # sold while the page was open
    answer = page.post(f"/admin/catalog/product/{mug.id}/change/", form(mug, [row], name="Better mug"))
    assert answer.status_code == 302, answer.content.decode()
    mug.refresh_from_db()
    variant.refresh_from_db()
    assert (mug.name, mug.version, mug.price) == ("Better mug", 2, Decimal("7.50"))
    assert (variant.price, variant.stock) == (Decimal("7.50"), 2)


@pytest.mark.parametrize(
    ("variants", "complaint"),
    [
        ([{"sku": "NEW", "price": "1.005", "attributes": "{}"}], "2 digits after the point"),
        ([{"sku": "mug", "price": "1.00", "attributes": "{}"}], "already exists"),
        ([{"sku": "☕", "price": "1.00", "attributes": "{}"}], "ASCII"),
        ([{"sku": "", "price": "", "attributes": "{}"}], "This field is required"),
    ],
)
def test_a_wrong_variant_is_named_in_the_form(
    page: Client, mug: Product, variants: list[dict[str, Any]], complaint: str
) -> None:
    answer = page.post("/admin/catalog/product/add/", form(None, variants, code="OTHER", slug="other"))
    assert answer.status_code == 200
    assert complaint in answer.content.decode()
    assert Product.objects.count() == 1


def test_one_sku_in_two_cases_is_named_in_the_form(page: Client) -> None:
    variants = [{"sku": sku, "price": "9.90", "attributes": "{}"} for sku in ("abc", "ABC")]
    answer = page.post("/admin/catalog/product/add/", form(None, variants))
    assert answer.status_code == 200
    assert "duplicate" in answer.content.decode()
    assert not Product.objects.exists()


def test_what_only_the_service_can_refuse_is_said_and_nothing_is_saved(page: Client) -> None:
    too_large = form(None, [{"sku": "MUG", "price": "9.90", "attributes": "{}"}], description="x" * 250_000)
    answer = page.post("/admin/catalog/product/add/", too_large, follow=True)
    assert answer.status_code == 200
    assert "Nothing was saved. Texts and attributes together" in answer.content.decode()
    assert not Product.objects.exists()


def test_stock_is_adjusted_through_the_ledger(page: Client, mug: Product, staff: User) -> None:
    variant = Variant.objects.get()
    path = f"/admin/catalog/variant/{variant.id}/adjust-stock/"
    asked = page.get(path)
    assert asked.status_code == 200, asked
    sent = page.post(path, {"delta": "-2", "reason": "two broken", "_form_submitted": "True"})
    assert sent["HX-Redirect"] == f"/admin/catalog/variant/{variant.id}/change/"
    variant.refresh_from_db()
    assert variant.stock == 3
    movement = StockMovement.objects.first()
    assert movement is not None
    assert (movement.delta, movement.note, movement.by) == (-2, "two broken", staff.email)
    page.post(path, {"delta": "-4", "reason": "more", "_form_submitted": "True"})
    variant.refresh_from_db()
    assert variant.stock == 3
    assert b"There are 3 of MUG; 4 cannot go." in page.get(sent["HX-Redirect"]).content
    nowhere = page.post(
        "/admin/catalog/variant/x/adjust-stock/", {"delta": 1, "reason": "x", "_form_submitted": "True"}
    )
    assert nowhere.status_code == 404


def test_the_ledger_and_products_cannot_be_deleted(page: Client, mug: Product) -> None:
    movement = StockMovement.objects.get()
    assert page.post(f"/admin/catalog/stockmovement/{movement.id}/delete/", {"post": "yes"}).status_code == 403
    assert page.post(f"/admin/catalog/product/{mug.id}/delete/", {"post": "yes"}).status_code == 403
    assert Product.objects.count() == StockMovement.objects.count() == 1


def test_a_category_cannot_lie_below_itself(page: Client) -> None:
    above = create_category(name="Kitchen")
    below = create_category(name="Mugs", parent="kitchen")
    path = f"/admin/catalog/category/{above.id}/change/"
    answer = page.post(path, {"name": "Kitchen", "slug": "kitchen", "parent": below.id})
    assert "cannot lie below itself" in answer.content.decode()
    assert Category.objects.get(slug="kitchen").parent is None
