"""The demo shop: a catalogue in `catalog.json` and some weeks of orders in `orders.json`, both as the API's own bodies.

Everything that a service can do is done by it, so that events, and with them mails and invoices, flow as from real
orders. Two things the services do not do and are written here: the past (times are moved back), and the states for
which there is no service yet (shipped, delivered, refunded), which get their history but no event.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

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
from orders.cancelling.services import cancel_order
from orders.fulfilment.services import confirm_order
from orders.models import Order, OrderHistory
from orders.placing.serializers import OrderInput
from orders.placing.services import place_order

HERE = Path(__file__).parent
CUSTOMER, STAFF = "customer@example.com", "staff@example.com"
"""Sign-ins that the local user pool has; their accounts here wait for the first sign-in."""

Status = Order.Status
OPENED = timedelta(days=60)
LATER = {
    Status.CONFIRMED: timedelta(hours=5),
    Status.CANCELLED: timedelta(hours=3),
    Status.SHIPPED: timedelta(hours=26),
    Status.DELIVERED: timedelta(hours=74),
    Status.REFUNDED: timedelta(days=8),
}
"""How long after the order each state was reached."""
WAY = [Status.CONFIRMED, Status.SHIPPED, Status.DELIVERED, Status.REFUNDED]
CARRIER = "DHL"


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
    placed = {}
    for past in _read("orders.json"):
        order = _add_order(past, customer=customer, staff=staff)
        placed[order.id] = now - timedelta(hours=past["hours_ago"])
    _move_orders_back(placed)
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


def _add_order(past: dict[str, Any], *, customer: User, staff: User) -> Order:
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
    if past["status"] == Status.CANCELLED:
        order = cancel_order(order_id=order.id, by=buyer or staff, reason=past["reason"])
    for status in _way_to(past["status"]):
        if status == Status.CONFIRMED:
            order = confirm_order(order_id=order.id, by=staff)
        else:
            _advance(order, status, staff, past.get("reason", "") if status == Status.REFUNDED else "")
    return order


def _way_to(status: str) -> Iterator[Order.Status]:
    """The states between placing and `status`; an order that is cancelled or pending goes none of this way."""
    if status in WAY:
        yield from WAY[: WAY.index(Status(status)) + 1]


def _advance(order: Order, status: Order.Status, staff: User, reason: str) -> None:
    order.status = status
    order.version += 1
    if status == Status.SHIPPED:
        order.carrier, order.tracking_number = CARRIER, f"00340434{order.number[-6:]:>012}"
    if status == Status.REFUNDED:
        order.refunded_total = order.total
    order.save()
    OrderHistory.objects.create(order=order, status=status, by=staff.email, reason=reason)


def _move_orders_back(placed: dict[UUID, datetime]) -> None:
    """Gives orders, their history, stock movements and events the times at which they would have happened."""

    def at(order_id: UUID, status: str) -> datetime:
        return placed[order_id] + LATER.get(Status(status), timedelta(0))

    orders = Order.objects.filter(id__in=placed)
    for order in orders:
        order.created_at, order.updated_at = placed[order.id], at(order.id, order.status)
    Order.objects.bulk_update(orders, ["created_at", "updated_at"])
    history = OrderHistory.objects.filter(order__in=placed)
    for entry in history:
        entry.at = at(entry.order_id, entry.status)
    OrderHistory.objects.bulk_update(history, ["at"])
    movements = StockMovement.objects.filter(order_id__in=placed)
    for movement in movements:
        given_back = movement.reason == StockMovement.Reason.CANCEL
        movement.created_at = at(cast(UUID, movement.order_id), Status.CANCELLED if given_back else Status.PENDING)
    StockMovement.objects.bulk_update(movements, ["created_at"])
    events = Event.objects.filter(subject__in=[f"order/{order_id}" for order_id in placed])
    for event in events:
        event.time = at(UUID(event.data["order_id"]), event.data["status"])
    Event.objects.bulk_update(events, ["time"])
