"""A shop with one of everything: products, a category, orders on their way, a guest's order, invoices, an import."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django.core.files.base import ContentFile

from accounts.addresses.services import add_address
from catalog.categories.services import create_category
from catalog.images.services import add_image
from catalog.imports.services import give_up, start_import, upload
from catalog.products.services import VariantFacts, create_product
from catalog.tests.pictures import png
from invoices.issuing.services import settle
from invoices.keeping.services import mark_stored
from invoices.models import Invoice
from orders import tracking
from orders.fulfilment.services import confirm_order, ship_order
from orders.models import Order
from orders.placing.services import place_order
from orders.tests.conftest import ADDRESS
from shop.tests.callers import people


def stocked() -> SimpleNamespace:
    """Everything that a call may be about, by the name that tests call it."""
    everybody = people()
    mug, lamp, draft = (
        create_product(
            code=code,
            name=code.title(),
            variants=[VariantFacts(sku=sku, price=Decimal("9.00"), stock=50) for sku in skus],
            by="test",
            status=status,
        )
        for code, skus, status in (
            ("MUG", ["MUG"], "active"),
            ("LAMP", ["LAMP", "LAMP-BLUE"], "active"),
            ("VASE", ["VASE"], "draft"),
        )
    )
    pending, confirmed, shipped = (_order(everybody["owner"]) for _ in range(3))
    guests = _order(None, email="greta@example.com")
    for order in (confirmed, shipped, guests):
        confirm_order(order_id=order.id, by=everybody["staff"])
    ship_order(order_id=shipped.id, by=everybody["staff"], carrier="DHL", tracking_number="1")
    job = start_import(key=upload(ContentFile(b"code,name,price\n")), filename="a.csv", by="test", mapping={})
    give_up(import_id=job.id, by="test")  # so that another one may begin
    return SimpleNamespace(
        people=everybody,
        address=add_address(user=everybody["owner"], facts=ADDRESS),
        product=mug,
        lamp=lamp,
        draft=draft,
        category=create_category(name="Kitchen", by="test"),
        image=add_image(product_id=lamp.id, content=png(), by="test"),
        imported=job,
        pending=pending,
        confirmed=confirmed,
        shipped=shipped,
        guests=guests,
        tracking_token=tracking.token_fields(guests)["tracking_token"],
        invoice=invoice_of(confirmed),
        guests_invoice=invoice_of(guests),
    )


def _order(by: Any, **facts: Any) -> Order:
    return place_order(
        by=by,
        items=[("MUG", 1)],
        payment_method="cash",
        shipping_method="economic",
        shipping_address=ADDRESS | {"line2": "", "region": ""},
        **facts,
    )


def invoice_of(order: Order) -> Invoice:
    invoice = settle(order_id=order.id)[0]
    return mark_stored(invoice_id=invoice.id, key=f"invoices/{invoice.number}.pdf", sha256="0" * 64, size=1000)
