"""What the tests of orders order: products made by the catalog's own service, and the least that an order needs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any, TypeVar

import pytest
from django.db import connection

from accounts.addresses.postal_codes import rules_of
from catalog.models import Variant
from catalog.products.services import VariantFacts, create_product
from orders.models import Order

ADDRESS = {
    "name": "Carla Customer",
    "line1": "2 Harbour Road",
    "city": "Hamburg",
    "postal_code": "20457",
    "country": "DE",
}


def address_in(country: str) -> dict[str, str]:
    """ADDRESS with another country, and a postal code as it has them."""
    return ADDRESS | {"country": country, "postal_code": rules_of(country).examples[0]}


MakeVariant = Callable[..., Variant]
T = TypeVar("T")


@pytest.fixture
def make_variant(db: None) -> MakeVariant:
    """Makes a product with one variant: `make_variant("MUG", price="12.90", stock=5)`."""

    def make(
        sku: str, *, price: str = "10.00", stock: int = 10, tax_rate: str = "19", currency: str = "EUR"
    ) -> Variant:
        product = create_product(
            code=sku,
            name=f"The {sku.lower()}",
            variants=[VariantFacts(sku=sku, price=Decimal(price), stock=stock)],
            currency=currency,
            tax_rate=Decimal(tax_rate),
            by="test",
        )
        return product.variants.get()

    return make


@pytest.fixture
def mug(make_variant: MakeVariant) -> Variant:
    return make_variant("MUG", price="12.90", stock=10)


def body_for(*items: tuple[Any, Any], **changes: Any) -> dict[str, Any]:
    """The body of an order for `(sku, quantity)` pairs; keyword arguments replace members, None removes one."""
    body = {
        "items": [{"sku": sku, "quantity": quantity} for sku, quantity in items],
        "payment_method": "credit_card",
        "shipping": {"method": "economic", "address": ADDRESS},
    } | changes
    return {key: value for key, value in body.items() if value is not None}


def follow(order: Order) -> None:
    """Gives an order one of all that can follow it: a parcel, a refund with goods that came back, notes of both kinds.

    Written by hand, to be what readers read: how each comes about is tested where it is done.
    """
    line = order.lines.all()[0]
    parcel = order.shipments.create(
        carrier="DHL", tracking_number="00340", tracking_url="https://example.com/00340", by="stella@example.com"
    )
    parcel.lines.create(line=line, quantity=1)
    refund = order.refunds.create(
        amount=Decimal("2.00"), tax=Decimal("0.32"), reason="chipped", by="stella@example.com"
    )
    refund.restocked.create(line=line, quantity=1)
    order.notes.create(text="Called twice.", by="stella@example.com")
    order.notes.create(text="We wrapped it for you.", for_buyer=True, by="stella@example.com")


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Runs all calls in threads that begin together, and gives their results in order."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        start.wait()
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))
