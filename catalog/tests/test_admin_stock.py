"""Stock, its ledger and the audit in the admin."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from catalog.models import Change, Product, StockMovement, Variant
from catalog.products.services import VariantFacts, create_product, update_product
from catalog.tests.gallery import a_product
from catalog.tests.staff_browser import Browser, text_of
from events.models import Event

pytestmark = pytest.mark.django_db
LIST = "/admin/catalog/variant/"


@pytest.fixture
def browser(staff: User) -> Browser:
    return Browser(staff)


@pytest.fixture
def mug() -> Product:
    return a_product()


def dialog() -> str:
    return f"{LIST}{Variant.objects.get().id}/adjust-stock/"


def test_stock_is_adjusted_with_a_reason_through_the_ledger(browser: Browser, mug: Product, staff: User) -> None:
    assert "MUG of Mug: 3 in stock" in text_of(browser.get(dialog()))
    sent = browser.post(dialog(), {"delta": "-2", "reason": "two broken", "_form_submitted": "True"})
    assert sent["HX-Redirect"] == f"{LIST}{Variant.objects.get().id}/change/"
    assert Variant.objects.get().stock == 1
    movement = StockMovement.objects.latest("id")
    assert (movement.delta, movement.balance, movement.note, movement.by) == (-2, 1, "two broken", staff.email)
    assert Event.objects.get(type="StockChanged").data["reason"] == "two broken"


def test_it_leads_back_to_where_it_was_opened_and_nowhere_else(browser: Browser, mug: Product) -> None:
    product_page = f"http://testserver/admin/catalog/product/{mug.id}/change/"
    own_page = f"{LIST}{Variant.objects.get().id}/change/"
    for opened_at, leads_to in [(product_page, product_page), ("https://elsewhere.example/", own_page)]:
        sent = browser.post(
            dialog(), {"delta": "1", "reason": "received", "_form_submitted": "True"}, HTTP_HX_CURRENT_URL=opened_at
        )
        assert sent["HX-Redirect"] == leads_to


@pytest.mark.parametrize(
    ("delta", "reason", "complaint"),
    [
        ("-4", "more", "There are 3 of MUG; 4 cannot go."),
        ("1000000000", "all of them", "A stock is at most 1000000000"),
        ("", "received", "This field is required"),
        ("1.5", "received", "Enter a whole number"),
        ("1e9", "received", "Enter a whole number"),
        ("9" * 30, "received", "less than or equal to"),
        ("1", "", "This field is required"),
        ("1", "x" * 201, "at most 200 characters"),
    ],
)
def test_what_cannot_be_is_said_in_the_dialog(
    browser: Browser, mug: Product, delta: str, reason: str, complaint: str
) -> None:
    answer = browser.post(dialog(), {"delta": delta, "reason": reason, "_form_submitted": "True"})
    assert complaint in text_of(answer)
    assert "HX-Redirect" not in answer
    assert Variant.objects.get().stock == 3


@pytest.mark.parametrize("id", ["x", "01a20adc-e36e-7676-9ed8-f989ce7d85f7"])
def test_the_stock_of_nothing_is_not_found(browser: Browser, id: str) -> None:
    sent = browser.post(f"{LIST}{id}/adjust-stock/", {"delta": 1, "reason": "x", "_form_submitted": "True"})
    assert sent.status_code == 404
    assert browser.get(f"{LIST}{id}/adjust-stock/").status_code in (200, 404)


def test_stock_is_adjusted_from_its_list_and_from_the_products_page(browser: Browser, mug: Product) -> None:
    for page in (LIST, f"/admin/catalog/product/{mug.id}/change/"):
        assert f'href="{dialog()}" hx-get="{dialog()}"' in browser.get(page).content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=mug", {"MUG"}),
        ("?q=teapot", {"POT-1", "POT-2"}),
        ("?stock=out", {"POT-1"}),
        ("?stock=low", {"POT-2"}),
        ("?stock=in", {"MUG", "POT-2"}),
        ("?product__status__exact=draft", {"POT-1", "POT-2"}),
        ("?category=none", {"MUG", "POT-1", "POT-2"}),
    ],
)
def test_the_stock_list_is_searched_and_narrowed(browser: Browser, mug: Product, query: str, found: set[str]) -> None:
    pots = [("POT-1", 0, None), ("POT-2", 2, 5)]
    variants = [VariantFacts(sku=sku, price=Decimal(9), stock=stock, low_stock=low) for sku, stock, low in pots]
    create_product(code="POT", name="Teapot", variants=variants, status="draft", by="test")
    said = text_of(browser.get(f"{LIST}{query}"))
    assert {sku for sku in ("MUG", "POT-1", "POT-2") if f" {sku} " in said} == found


def test_a_stock_can_be_looked_at_and_not_written(browser: Browser, mug: Product) -> None:
    page = f"{LIST}{Variant.objects.get().id}/change/"
    said = text_of(browser.get(page))
    assert "12.90 EUR" in said and "every change of this stock" in said
    browser.post(page, {"stock": "100"})
    assert Variant.objects.get().stock == 3


def test_ledger_and_audit_are_read_and_never_written(browser: Browser, mug: Product) -> None:
    movement, change = StockMovement.objects.get(), Change.objects.get()
    for name, row in (("stockmovement", movement), ("change", change)):
        page = f"/admin/catalog/{name}/"
        assert browser.get(page).status_code == 200
        assert browser.get(f"{page}{row.pk}/change/").status_code == 200
        for write in ("add/", f"{row.pk}/change/", f"{row.pk}/delete/"):
            assert browser.post(page + write, {"post": "yes"}).status_code == 403
    assert StockMovement.objects.count() == Change.objects.count() == 1


def test_the_ledger_leads_to_the_order(browser: Browser, mug: Product) -> None:
    StockMovement.objects.update(order_id=mug.id)
    said = browser.get(f"/admin/catalog/stockmovement/?q={mug.id}").content.decode()
    assert f'href="/admin/orders/order/{mug.id}/change/"' in said


def test_the_audit_says_who_changed_what_from_what_to_what(browser: Browser, mug: Product) -> None:
    update_product(
        product_id=mug.id, facts={"name": "Cup", "attributes": {"colour": "red"}}, by="colleague@example.com"
    )
    said = text_of(browser.get("/admin/catalog/change/?action__exact=updated"))
    assert "Mug → Cup" in said
    assert "nothing → colour: red" in said
    assert "colleague@example.com" in said


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=colleague", True),
        ("?q=cup", True),
        ("?q=nobody", False),
        ("?kind=product", True),
        ("?kind=category", False),
        ("?action__exact=created", False),
        ("?q=%00", True),
        ("?kind=x", False),
    ],
)
def test_the_audit_is_searched_and_narrowed(browser: Browser, mug: Product, query: str, found: bool) -> None:
    update_product(product_id=mug.id, facts={"name": "Cup"}, by="colleague@example.com")
    assert ("colleague@example.com" in text_of(browser.get(f"/admin/catalog/change/{query}", follow=True))) == found


@pytest.mark.parametrize("page", [LIST, "/admin/catalog/stockmovement/", "/admin/catalog/change/"])
def test_more_rows_cost_no_more_queries(browser: Browser, page: str) -> None:
    def queries(more: int) -> int:
        for _ in range(more):
            a_product(f"P{Product.objects.count()}")
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(page).status_code == 200
        return len(captured)

    browser.get(page)
    few = queries(5)
    assert queries(40) == few
