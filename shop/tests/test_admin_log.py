"""Whatever is done in the admin is in its log, with who did it. A new button, form or page without an entry fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
from django.urls import reverse

from accounts.models import User
from catalog.categories.services import create_category
from catalog.imports.services import start_import, upload
from catalog.products.services import VariantFacts, create_product
from catalog.tests.pictures import png
from catalog.tests.staff_browser import Browser, text_of
from events.models import Event
from notifications.models import Mail, Suppression
from orders.fulfilment.services import confirm_order, ship_order
from orders.models import Carrier, Order, ShippingMethod, TaxRate
from orders.placing.services import place_order
from orders.tests.at_the_desk import asked
from orders.tests.conftest import ADDRESS
from shop.tests.conftest import give_positions
from shop.tests.stocked import invoice_of

pytestmark = pytest.mark.django_db
READ = {
    "catalog.import export_products",
    "catalog.import rejected_report",
    "catalog.product export_products",
    "catalog.product import_products",  # leads to the form
    "invoices.invoice download",  # is in the log of hand-outs
    "invoices.invoice months",
    "invoices.supplierinvoice download",  # is in the log of the admin, see invoices/tests/test_incoming_admin.py
    "notifications.mail show_samples",
}
"""Buttons that change nothing."""


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_superuser("ada@example.com", "break-in-case-of-fire")


@pytest.fixture
def shop(ada: User, customer: User) -> SimpleNamespace:
    """One of everything that the admin can change."""
    facts = [VariantFacts(sku="MUG", price=Decimal("9.00"), stock=50)]
    product = create_product(code="MUG", name="Mug", slug="mug", variants=facts, by="test")
    guests, *orders = (_order(by, email=email) for by, email in ((None, "greta@example.com"), *[(customer, None)] * 3))
    for order in orders[1:]:
        confirm_order(order_id=order.pk, by=ada)
    ship_order(order_id=orders[2].pk, by=ada, carrier="DHL", tracking_number="1")
    event = Event.objects.filter(type="OrderCreated").first()
    give_positions()
    return SimpleNamespace(
        product=product,
        variant=product.variants.get(),
        category=create_category(name="Kitchen", by="test"),
        guests=guests,
        pending=orders[0],
        confirmed=orders[1],
        shipped=orders[2],
        customer=customer,
        leaver=User.objects.create_user("leaver@example.com", cognito_sub="sub-leaver"),
        event=event,
        rate=TaxRate.objects.get(country="DE", kind="standard"),
        carrier=Carrier.objects.create(name="Pigeon", tracking_url="https://example.com/{tracking_number}"),
        method=ShippingMethod.objects.create(code="slow", name="Slow", price=1, tax_rate=19),
    )


def _order(by: User | None, **facts: Any) -> Order:
    return place_order(
        by=by,
        items=[("MUG", 1)],
        payment_method="cash",
        shipping_method="economic",
        shipping_address=ADDRESS,
        **facts,
    )


def offered(user: User) -> Iterator[str]:
    """All that somebody may do in the admin: `app.model` and a form, an action, a button or a page of its own."""
    request = RequestFactory().get("/admin/")
    request.user = user
    for model, page in admin.site._registry.items():
        forms = {
            "add": page.has_add_permission(request),
            "change": page.has_change_permission(request),
            "delete": page.has_delete_permission(request),
        }
        buttons = (
            name
            for kind in ("actions_list", "actions_detail", "actions_row", "actions_submit_line")
            for name in getattr(page, kind, None) or ()
        )
        pages = (name for _, name, _ in getattr(page, "custom_urls", ()))
        names = [*(form for form, allowed in forms.items() if allowed), *page.get_actions(request), *buttons, *pages]
        yield from (f"{model._meta.label_lower} {name}" for name in names)


Do = Callable[[Browser, SimpleNamespace], Any]


def _saved(page: str, attribute: str, **changes: str) -> Do:
    """A form as it is shown, with some fields typed in."""

    def do(browser: Browser, shop: SimpleNamespace) -> Any:
        path = reverse(f"admin:{page}_change", args=[getattr(shop, attribute).pk])
        return browser.post(path, browser.opened(path, f"{page.partition('_')[2]}_form") | changes)

    return do


def _added(page: str, **fields: str) -> Do:
    def do(browser: Browser, shop: SimpleNamespace) -> Any:
        path = reverse(f"admin:{page}_add")
        return browser.post(path, browser.opened(path, f"{page.partition('_')[2]}_form") | fields)

    return do


def _deleted(page: str, attribute: str) -> Do:
    return lambda browser, shop: browser.post(
        reverse(f"admin:{page}_delete", args=[getattr(shop, attribute).pk]), {"post": "yes"}
    )


def _chosen(page: str, action: str, attribute: str, **fields: str) -> Do:
    """An action with one row of the list."""

    def do(browser: Browser, shop: SimpleNamespace) -> Any:
        row = str(getattr(shop, attribute).pk)
        return browser.post(reverse(f"admin:{page}_changelist"), {"action": action, "_selected_action": [row]} | fields)

    return do


def _said(move: str, attribute: str, **fields: str) -> Do:
    """A dialog of an order, as it is shown and with what has to be typed in."""

    def do(browser: Browser, shop: SimpleNamespace) -> Any:
        order = getattr(shop, attribute)
        path = reverse(f"admin:orders_order_{move}", args=[order.pk])
        shown = asked(browser, order, path.rstrip("/").rpartition("/")[2])
        return browser.post(path, {"_form_submitted": "True"} | shown | fields)

    return do


def _adjusted(browser: Browser, shop: SimpleNamespace) -> Any:
    path = reverse("admin:catalog_variant_adjust_stock", args=[shop.variant.pk])
    return browser.post(path, {"_form_submitted": "True", "delta": "3", "reason": "received"})


def _lifted(browser: Browser, shop: SimpleNamespace) -> Any:
    row = Suppression.objects.create(address="full@example.com", reason=Suppression.Reason.HARD_BOUNCE)
    path = reverse("admin:notifications_suppression_lift", args=[row.pk])
    return browser.post(path, {"_form_submitted": "True"})


def _sent_again(browser: Browser, shop: SimpleNamespace) -> Any:
    about = {"kind": Mail.Kind.ORDER_RECEIVED, "event_id": uuid4(), "event_type": "OrderCreated"}
    mail = Mail.objects.create(**about, to="greta@example.com", subject="Hello", text="Hello", status="sent")
    path = reverse("admin:notifications_mail_send_again", args=[mail.pk])
    return browser.post(path, {"_form_submitted": "True", "to": "greta.g@example.com"})


def _invoiced(move: str, **fields: str) -> Do:
    """A dialog of an invoice that is issued and stored."""

    def do(browser: Browser, shop: SimpleNamespace) -> Any:
        path = reverse(f"admin:invoices_invoice_{move}", args=[invoice_of(shop.confirmed).pk])
        return browser.post(path, {"_form_submitted": "True"} | fields)

    return do


def _imported(browser: Browser, shop: SimpleNamespace) -> Any:
    file = SimpleUploadedFile("a.csv", b"code,name,price\nPEN,Pen,1.00\n")
    return browser.post(reverse("admin:catalog_import_add"), {"file": file, "mapping": ""})


def _given_up(browser: Browser, shop: SimpleNamespace) -> Any:
    job = start_import(key=upload(ContentFile(b"code,name,price\n")), filename="a.csv", by="test", mapping={})
    return browser.post(reverse("admin:catalog_import_give_up", args=[job.pk]), {"_form_submitted": "True"})


def _images_added(browser: Browser, shop: SimpleNamespace) -> Any:
    path = reverse("admin:catalog_product_add_images", args=[shop.product.pk])
    return browser.post(path, {"images": SimpleUploadedFile("a.png", png()), "alt": ""})


def _shipped(browser: Browser, shop: SimpleNamespace) -> Any:
    numbers = {"carrier": "DHL", f"tracking-{shop.confirmed.pk}": "1"}
    return _chosen("orders_order", "ship_chosen", "confirmed", **numbers)(browser, shop)


def _released(browser: Browser, shop: SimpleNamespace) -> Any:
    return _chosen("accounts_user", "release_sign_in", "customer")(browser, shop)


def _let_in(browser: Browser, shop: SimpleNamespace) -> Any:
    User.objects.filter(pk=shop.customer.pk).update(is_active=False)
    return _chosen("accounts_user", "let_in", "customer")(browser, shop)


NEW_PRODUCT = {
    **{"name": "Pen", "slug": "pen", "code": "PEN", "currency": "EUR"},
    **{"variants-0-sku": "PEN", "variants-0-price": "1.00"},
}
WAYS: dict[str, Do] = {
    "accounts.user change": _saved("accounts_user", "customer", name="Carla C."),
    "accounts.user block": _chosen("accounts_user", "block", "customer"),
    "accounts.user let_in": _let_in,
    "accounts.user release_sign_in": _released,
    "accounts.user delete_account": _chosen("accounts_user", "delete_account", "leaver", confirmed="yes"),
    "catalog.product add": _added("catalog_product", **NEW_PRODUCT),
    "catalog.product change": _saved("catalog_product", "product", name="Cup"),
    "catalog.product activate": _chosen("catalog_product", "activate", "draft"),
    "catalog.product set_draft": _chosen("catalog_product", "set_draft", "product"),
    "catalog.product archive": _chosen("catalog_product", "archive", "product"),
    "catalog.product catalog_product_add_images": _images_added,
    "catalog.category add": _added("catalog_category", name="Garden", slug="garden"),
    "catalog.category change": _saved("catalog_category", "category", name="Cellar"),
    "catalog.category delete": _deleted("catalog_category", "category"),
    "catalog.variant change": _saved("catalog_variant", "variant"),
    "catalog.variant adjust_stock": _adjusted,
    "catalog.import add": _imported,
    "catalog.import give_up": _given_up,
    "orders.order confirm_chosen": _chosen("orders_order", "confirm_chosen", "pending"),
    "orders.order ship_chosen": _shipped,
    "orders.order confirm": _said("confirm", "pending"),
    "orders.order ship": _said("ship", "confirmed", carrier="DHL", tracking_number="1"),
    "orders.order deliver": _said("deliver", "shipped"),
    "orders.order refund": _said("refund", "confirmed", reason="Broken"),
    "orders.order write_note": _said("write_note", "pending", text="Called."),
    "orders.order change_shipping": _said("change_shipping", "pending", city="Bremen"),
    "orders.order change_billing": _said("change_billing", "pending", **{**ADDRESS, "city": "Bremen"}),
    "orders.order revoke_link": _said("revoke_link", "guests"),
    "orders.order cancel": _said("cancel", "pending", reason="Asked to."),
    "orders.order hide": _said("hide", "pending", reason="A test."),
    "orders.carrier add": _added("orders_carrier", name="Owl", tracking_url=""),
    "orders.carrier change": _saved("orders_carrier", "carrier", name="Dove"),
    "orders.carrier delete": _deleted("orders_carrier", "carrier"),
    "orders.carrier delete_selected": _chosen("orders_carrier", "delete_selected", "carrier", post="yes"),
    "orders.shippingmethod add": _added(
        "orders_shippingmethod", code="owl", name="By owl", price="3.00", free_from="", tax_rate="19.00"
    ),
    "orders.shippingmethod change": _saved("orders_shippingmethod", "method", name="Slower"),
    "orders.shippingmethod delete": _deleted("orders_shippingmethod", "method"),
    "orders.shippingmethod delete_selected": _chosen("orders_shippingmethod", "delete_selected", "method", post="yes"),
    "orders.taxrate add": _added("orders_taxrate", country="CH", kind="standard", rate="8.10"),
    "orders.taxrate change": _saved("orders_taxrate", "rate", rate="20.00"),
    "orders.taxrate delete": _deleted("orders_taxrate", "rate"),
    "orders.taxrate delete_selected": _chosen("orders_taxrate", "delete_selected", "rate", post="yes"),
    "invoices.invoice mail_again": _invoiced("mail_again"),
    "invoices.invoice void": _invoiced("void", reason="Wrong address."),
    "notifications.mail send_again": _sent_again,
    "notifications.suppression lift": _lifted,
    "events.event publish_again": _chosen("events_event", "publish_again", "event"),
    **{
        f"events.event publish_again_to_{consumer}": _chosen("events_event", f"publish_again_to_{consumer}", "event")
        for consumer in settings.EVENT_SUBSCRIPTIONS
    },
}
"""All that changes something, and how it is done."""


def test_all_that_the_admin_offers_is_tried(ada: User) -> None:
    assert set(offered(ada)) == WAYS.keys() | READ


@pytest.mark.parametrize("way", WAYS)
def test_whatever_is_done_is_in_the_log(way: str, shop: SimpleNamespace, ada: User) -> None:
    facts = [VariantFacts(sku="VASE", price=Decimal("9.00"), stock=5)]
    shop.draft = create_product(code="VASE", name="Vase", variants=facts, by="test", status="draft")
    answer = WAYS[way](Browser(ada), shop)
    assert "HX-Redirect" in answer or answer.status_code == 302, text_of(answer)
    model = way.partition(" ")[0]
    entries = LogEntry.objects.filter(user=ada)
    assert list(entries.values_list("content_type__app_label", "content_type__model")) == [tuple(model.split("."))]
    assert entries[0].get_change_message() or way.split()[1] in ("add", "delete", "delete_selected", "change")


def test_a_status_that_is_changed_in_the_list_is_in_the_log(shop: SimpleNamespace, ada: User) -> None:
    browser, path = Browser(ada), reverse("admin:catalog_product_changelist")
    fields = browser.opened(path, "changelist-form") | {"form-0-status": "archived", "_save": "Save"}
    assert browser.post(path, fields).status_code == 302
    assert LogEntry.objects.get(user=ada).object_id == str(shop.product.pk)


def test_admins_read_the_log_and_change_nothing_in_it(shop: SimpleNamespace, ada: User) -> None:
    browser, log = Browser(ada), reverse("admin:admin_logentry_changelist")
    WAYS["accounts.user block"](browser, shop)
    text = text_of(browser.get(log, {"q": "carla"}))
    assert "ada@example.com" in text
    assert "Blocked." in text
    entry = LogEntry.objects.get()
    assert browser.post(reverse("admin:admin_logentry_delete", args=[entry.pk]), {"post": "yes"}).status_code == 403
    assert (
        browser.post(reverse("admin:admin_logentry_change", args=[entry.pk]), {"change_message": ""}).status_code == 403
    )
    assert LogEntry.objects.get().get_change_message() == "Blocked."
