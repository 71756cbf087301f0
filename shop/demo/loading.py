"""The demo shop: a catalogue in `catalog.json` and some weeks of orders in `orders.json`, both as the API's own bodies.

Everything is done by the services, so that events, and with them mails and invoices, flow as from real orders. One
thing they do not do and is written here: the past (times are moved back).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from api.serializers import StrictSerializer
from catalog.categories.serializers import NewCategory
from catalog.categories.services import create_category
from catalog.models import Category, Product, StockMovement
from catalog.products.presentation import product_json
from catalog.products.serializers import NewProduct
from catalog.products.services import create_product
from events.models import Event
from orders import units
from orders.cancelling.serializers import CancelInput
from orders.cancelling.services import cancel_order
from orders.editing.serializers import NoteInput
from orders.editing.services import add_note
from orders.fulfilment.serializers import NothingInput, ShipInput
from orders.fulfilment.services import confirm_order, deliver_order, ship_order
from orders.models import Note, Order, OrderHistory, Refund, Shipment
from orders.placing.serializers import OrderInput
from orders.placing.services import place_order
from orders.refunds.serializers import RefundInput
from orders.refunds.services import refund_order

HERE = Path(__file__).parent
CUSTOMER, STAFF = "customer@example.com", "staff@example.com"
"""Sign-ins that the local user pool has; their accounts here wait for the first sign-in."""

OPENED = timedelta(days=60)
CALLS: dict[str, tuple[Any, type[StrictSerializer]]] = {
    "confirm": (confirm_order, NothingInput),
    "ship": (ship_order, ShipInput),
    "deliver": (deliver_order, NothingInput),
    "refund": (refund_order, RefundInput),
    "cancel": (cancel_order, CancelInput),
    "note": (add_note, NoteInput),
}
"""What may follow an order: the service, and what checks its body."""


@dataclass(frozen=True)
class Loaded:
    categories: int
    products: int
    orders: int


@transaction.atomic
def load() -> Loaded | None:
    """Loads the demo shop into an empty one, whole or not at all; gives None where there are products already."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('load_demo_shop'))")
    if Product.objects.exists() or Category.objects.exists():
        return None
    now = timezone.now()
    for body in _read("catalog.json")["categories"]:
        create_category(**_checked(NewCategory, body))
    products = [create_product(**_checked(NewProduct, body), by=STAFF) for body in _read("catalog.json")["products"]]
    _move_products_back(products, now - OPENED)
    customer, staff = _account(CUSTOMER, "Carla Customer"), _account(STAFF, "Stella Staff", is_staff=True)
    for past in _read("orders.json"):
        _add_order(past, customer=customer, staff=staff, now=now)
    return Loaded(Category.objects.count(), Product.objects.count(), Order.objects.count())


def _read(name: str) -> Any:
    return json.loads((HERE / name).read_text(encoding="utf-8"))


def _checked(serializer: type[StrictSerializer], body: dict[str, Any]) -> dict[str, Any]:
    checked = serializer(data=body)
    checked.is_valid(raise_exception=True)
    facts: dict[str, Any] = checked.validated_data
    return facts


def _account(email: str, name: str, *, is_staff: bool = False) -> User:
    """The account for a sign-in, or a new one that the first sign-in with this address takes over."""
    user = User.objects.with_email(email).first()
    return user or User.objects.create_user(email, name=name, is_staff=is_staff)


def _move_products_back(products: list[Product], opened: datetime) -> None:
    for number, product in enumerate(products):
        product.created_at = product.updated_at = opened + timedelta(minutes=7 * number)
    Product.objects.bulk_update(products, ["created_at", "updated_at"])
    movements = StockMovement.objects.filter(variant__product__in=products).select_related("variant__product")
    for movement in movements:
        movement.created_at = movement.variant.product.created_at
    StockMovement.objects.bulk_update(movements, ["created_at"])
    whole = {f"product/{product.id}": product for product in Product.objects.prefetch_related("variants", "category")}
    events = Event.objects.filter(subject__in=whole)
    for event in events:
        product = whole[event.subject]
        event.time = product.created_at
        event.data["product"] = product_json(product)
    Event.objects.bulk_update(events, ["time", "data"])


def _add_order(past: dict[str, Any], *, customer: User, staff: User, now: datetime) -> None:
    facts = _checked(OrderInput, past["order"])
    buyer = customer if past["by"] == "customer" else None
    order = place_order(
        by=buyer,
        email=facts.get("email"),
        items=[(item["sku"], item["quantity"]) for item in facts["items"]],
        payment_method=facts["payment_method"],
        shipping_method=facts["shipping"]["method"],
        shipping_address=facts["shipping"]["address"],
        note=facts["note"],
    )
    placed = now - timedelta(hours=past["hours_ago"])
    Order.objects.filter(id=order.id).update(created_at=placed)
    _move_back(order, since=now, to=placed)
    for step in past["then"]:
        service, serializer = CALLS[step["call"]]
        body = _checked(serializer, step.get("body", {}))
        for field in body.keys() & {"items", "restock"}:
            body[field] = units.by_sku(body[field], field)
        service(order_id=order.id, by=buyer or staff if step["call"] == "cancel" else staff, **body)
        _move_back(order, since=now, to=placed + timedelta(hours=step["hours"]))


def _move_back(order: Order, *, since: datetime, to: datetime) -> None:
    """Gives all that has happened to the order `since` the time at which it would have happened."""
    Order.objects.filter(id=order.id).update(updated_at=to)
    for model in (OrderHistory, Shipment, Refund, Note):
        model._default_manager.filter(order=order, at__gte=since).update(at=to)
    StockMovement.objects.filter(order_id=order.id, created_at__gte=since).update(created_at=to)
    Event.objects.filter(subject=f"order/{order.id}", time__gte=since).update(time=to)
