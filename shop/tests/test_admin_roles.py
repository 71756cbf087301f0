"""The admin's pages, and who may open and change what. A page that is not in the table fails the first test."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from accounts.models import User, flags_of
from accounts.rights import Role
from catalog.categories.services import create_category
from catalog.products.services import VariantFacts, create_product
from catalog.stock import adjust
from orders.models import TaxRate
from orders.placing.services import place_order
from orders.tests.conftest import ADDRESS
from shop.sidebar import NAVIGATION

pytestmark = pytest.mark.django_db
CATALOG, SUPPORT, STAFF, ADMIN = "catalog", "support", "staff", "admin"
ROLES = (CATALOG, SUPPORT, STAFF, ADMIN)
PAGES = {
    "accounts/user": (SUPPORT, STAFF, ADMIN),
    "admin/logentry": (ADMIN,),
    "catalog/category": ROLES,
    "catalog/change": ROLES,
    "catalog/import": ROLES,
    "catalog/product": ROLES,
    "catalog/stockmovement": ROLES,
    "catalog/variant": ROLES,
    "events/event": (SUPPORT, STAFF, ADMIN),
    "events/inbox": (SUPPORT, STAFF, ADMIN),
    "invoices/handout": (SUPPORT, STAFF, ADMIN),
    "invoices/incomingdocument": (SUPPORT, STAFF, ADMIN),
    "invoices/invoice": (SUPPORT, STAFF, ADMIN),
    "invoices/supplierinvoice": (SUPPORT, STAFF, ADMIN),
    "notifications/mail": (SUPPORT, STAFF, ADMIN),
    "notifications/suppression": (SUPPORT, STAFF, ADMIN),
    "orders/carrier": (SUPPORT, STAFF, ADMIN),
    "orders/order": (SUPPORT, STAFF, ADMIN),
    "orders/refusal": (SUPPORT, STAFF, ADMIN),
    "orders/shippingmethod": (SUPPORT, STAFF, ADMIN),
    "orders/taxrate": (SUPPORT, STAFF, ADMIN),
}
"""List → who may open it."""
BOARD = {"/admin/live/": (SUPPORT, STAFF, ADMIN)}
"""What is no list. Its tests are in test_live_board.py."""


def somebody(role: str) -> tuple[Client, User]:
    user = User.objects.create_user(f"{role}@example.com", cognito_sub=f"sub-{role}", **flags_of(Role(role)))
    client = Client()
    client.force_login(user, backend="accounts.backends.CognitoBackend")
    return client, user


def links(page: Any) -> set[str]:
    """What the menu of a page leads to."""
    groups = page.context["sidebar_navigation"]
    return {item["link"] for group in groups for item in group["items"] if item["has_permission"]}


def test_every_page_is_in_the_table_and_in_the_menu() -> None:
    registered = {f"{model._meta.app_label}/{model._meta.model_name}" for model in admin.site._registry}
    assert registered == PAGES.keys()
    assert {item["link"] for group in NAVIGATION for item in group["items"]} == {
        *(f"/admin/{page}/" for page in PAGES),
        *BOARD,
    }


@pytest.mark.parametrize("role", ROLES)
def test_everybody_opens_what_the_table_says_and_sees_only_that_in_the_menu(role: str) -> None:
    client, _ = somebody(role)
    expected = {f"/admin/{page}/" for page, roles in PAGES.items() if role in roles}
    assert {f"/admin/{page}/" for page in PAGES if client.get(f"/admin/{page}/").status_code == 200} == expected
    assert all(client.get(f"/admin/{page}/").status_code in (200, 403) for page in PAGES)
    assert links(client.get("/admin/")) == expected | {page for page, roles in BOARD.items() if role in roles}


@pytest.mark.parametrize(("role", "status"), [(CATALOG, 403), (SUPPORT, 403), (STAFF, 302), (ADMIN, 302)])
def test_the_terms_of_sale_are_changed_by_who_works_in_all_of_the_shop(role: str, status: int) -> None:
    rate = TaxRate.objects.filter(country="DE", kind="standard").get()
    client, _ = somebody(role)
    form = {"country": "DE", "kind": "standard", "rate": "20.00"}
    assert client.post(f"/admin/orders/taxrate/{rate.pk}/change/", form).status_code == status
    rate.refresh_from_db()
    assert (rate.rate == Decimal("20.00")) == (status == 302)


def test_support_reads_products_and_changes_none() -> None:
    product = create_product(
        code="MUG", name="Mug", variants=[VariantFacts(sku="MUG", price=Decimal(9), stock=5)], by="test"
    )
    variant, kitchen = product.variants.get(), create_category(name="Kitchen", by="test")
    client, _ = somebody(SUPPORT)
    page = client.get(f"/admin/catalog/product/{product.pk}/change/")
    assert (page.status_code, page.context["has_change_permission"]) == (200, False)
    for address in (f"/admin/catalog/variant/{variant.pk}/change/", f"/admin/catalog/category/{kitchen.pk}/change/"):
        assert client.get(address).status_code == 200
    client.post("/admin/catalog/product/", {"action": "archive", "_selected_action": [str(product.pk)]})
    for address in (
        f"/admin/catalog/product/{product.pk}/change/",
        f"/admin/catalog/product/{product.pk}/images/",
        f"/admin/catalog/variant/{variant.pk}/adjust-stock/",
        "/admin/catalog/import/add/",
    ):
        assert client.post(address, {"name": "Cup", "delta": "1", "reason": "received"}).status_code == 403, address
    product.refresh_from_db()
    variant.refresh_from_db()
    assert (product.name, product.status, variant.stock) == ("Mug", "active", 5)


def test_who_keeps_the_catalog_reads_nothing_of_orders_and_customers_in_it(customer: User) -> None:
    product = create_product(
        code="MUG", name="Mug", variants=[VariantFacts(sku="MUG", price=Decimal(9), stock=5)], by="test"
    )
    adjust(sku="MUG", delta=1, reason="received", by="stella@example.com")
    place_order(
        by=customer,
        items=[("MUG", 1)],
        payment_method="cash",
        shipping_method="economic",
        shipping_address=ADDRESS,
    )
    order_id = str(customer.orders.get().pk)
    ledger = "/admin/catalog/stockmovement/"
    for role, sees in ((CATALOG, False), (SUPPORT, True)):
        client, _ = somebody(role)
        page = client.get(ledger).content.decode()
        assert "stella@example.com" in page
        assert (customer.email in page, order_id in page) == (sees, sees)
        for query in (customer.email, order_id):
            assert (client.get(ledger, {"q": query}).context["cl"].result_count == 1) == sees
        surroundings = client.get(f"/admin/catalog/product/{product.pk}/change/").content.decode()
        assert ("/admin/orders/" in surroundings, "/admin/events/event/" in surroundings) == (sees, sees)
