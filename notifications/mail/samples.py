"""A letter of each kind about things that never were, to look at templates with. Nothing of it is in the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from catalog.events import StockLow
from invoices.models import Invoice
from notifications.mail.letters import Letter
from notifications.models import Mail
from orders.events import OrderShipped
from orders.models import Order, OrderLine, Refund, ShippingMethod

Kind = Mail.Kind
ADDRESS = {
    "name": "Maria-Magdalena Oliveira da Conceição-Schönleutner",
    "line1": "Rua do Cais, 12",
    "line2": "3.º esq.",
    "city": "Lisboa",
    "region": "",
    "postal_code": "1100-104",
    "country": "PT",
}


def sample(kind: Mail.Kind, language: str) -> Letter:
    """A letter of this kind in this language, with values that are long, or hold what HTML must not see as its own."""
    order = _order()
    shown: dict[str, Any] = {"order": order, "lines": _lines(), "invoice": None} | MORE.get(kind, dict)()
    if kind in (Kind.WELCOME, Kind.STOCK_LOW):
        shown = MORE[kind]()
    name = "" if kind == Kind.STOCK_LOW else ADDRESS["name"]
    return Letter(kind=kind, to="maria@example.com", language=language, name=name, shown=shown)


def _order() -> Order:
    return Order(
        number="2026-000123",
        email="maria@example.com",
        currency=settings.SHOP_CURRENCY,
        payment_method="credit_card",
        shipping_method=ShippingMethod(name="Economic"),
        shipping_address=ADDRESS,
        items_total=Decimal("1284.60"),
        shipping_total=Decimal("4.90"),
        tax_total=Decimal("205.89"),
        total=Decimal("1289.50"),
        refunded_total=Decimal("25.80"),
    )


def _lines() -> list[OrderLine]:
    facts = (
        ("MUG-OCEAN-350", "Stoneware mug “Ocean” <350 ml> & saucer", 2, "12.90", "25.80"),
        (
            "TBL-OAK-200",
            "Dining table, solid oak, oiled, 200 × 95 cm, with two leaves to put in",
            1,
            "1233.80",
            "1233.80",
        ),
        ("BOOK", "Harbour tales", 1, "25.00", "25.00"),
    )
    return [
        OrderLine(
            sku=sku,
            name=name,
            quantity=quantity,
            unit_price=Decimal(price),
            tax_rate=Decimal(19),
            total=Decimal(total),
        )
        for sku, name, quantity, price, total in facts
    ]


def _followed() -> dict[str, Any]:
    return {
        "follow_url": f"{settings.PUBLIC_URL}/orders/sample?tracking_token=sample",
        "follow_until": timezone.now() + timedelta(days=30),
    }


def _invoiced() -> dict[str, Any]:
    return {"invoice": Invoice(number="INV-2026-000045", kind=Invoice.Kind.INVOICE)}


def _credited() -> dict[str, Any]:
    invoice = Invoice(number="INV-2026-000045", kind=Invoice.Kind.INVOICE)
    note = Invoice(
        number="CN-2026-000007", kind=Invoice.Kind.CREDIT_NOTE, corrects=invoice, reason="Kiln & glaze broke"
    )
    return {"invoice": note, "refund": Refund(amount=Decimal("25.80"), tax=Decimal("4.12"), reason="Chipped <mug>")}


def _shipped(*, complete: bool) -> dict[str, Any]:
    parcel = OrderShipped(
        order_id="sample",
        number="2026-000123",
        status="shipped" if complete else "confirmed",
        total="1289.50",
        currency=settings.SHOP_CURRENCY,
        shipment_id="sample",
        carrier="Paketdienst",
        tracking_number="00340434161094042557",
        tracking_url="https://example.com/track/00340434161094042557",
        lines=[],
        complete=complete,
    )
    return {"parcel": parcel, "lines": _lines() if complete else _lines()[:1]}


def _low() -> dict[str, Any]:
    event = StockLow(product_id="sample", sku="MUG-OCEAN-350", balance=2, threshold=5)
    page = f"{settings.PUBLIC_URL}/admin/catalog/product/"
    return {"event": event, "product": "Stoneware mug “Ocean”", "page": page}


MORE: dict[Mail.Kind, Callable[[], dict[str, Any]]] = {
    Kind.ORDER_RECEIVED: _followed,
    Kind.ORDER_CONFIRMED: _invoiced,
    Kind.ORDER_SHIPPED: lambda: _shipped(complete=True),
    Kind.ORDER_PART_SHIPPED: lambda: _shipped(complete=False),
    Kind.ORDER_CANCELLED: lambda: {"reason": "Two mugs <too> many"},
    Kind.ORDER_REFUNDED: _credited,
    Kind.ORDER_CREDITED: _credited,
    Kind.WELCOME: lambda: {"user": User(email="maria@example.com", name=ADDRESS["name"])},
    Kind.STOCK_LOW: _low,
}
