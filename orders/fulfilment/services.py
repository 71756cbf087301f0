"""An order on its way: confirmed, shipped in one parcel or several, delivered."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction

from accounts.models import User
from api.problems import Invalid
from events.outbox import record
from orders import units
from orders.errors import TransitionNotAllowed
from orders.events import OrderConfirmed, OrderDelivered, OrderShipped
from orders.models import Carrier, Order, OrderLine, Shipment, ShipmentLine
from orders.transitions import Check, facts, locked, move, not_allowed, touch

Status = Order.Status
LONGEST_ADDRESS = Shipment._meta.get_field("tracking_url").max_length or 0


@transaction.atomic
def confirm_order(*, order_id: UUID, by: User, check: Check | None = None) -> Order:
    """Staff accepts a pending order. Raises OrderNotFound, TransitionNotAllowed, and what `check` raises."""
    order = locked(order_id, by, check)
    move(order, Status.CONFIRMED, by=by.email)
    record(OrderConfirmed(**facts(order)), customer_id=order.customer_id)
    return order


@transaction.atomic
def ship_order(
    *,
    order_id: UUID,
    by: User,
    carrier: str,
    tracking_number: str,
    items: Mapping[str, int] | None = None,
    check: Check | None = None,
) -> Order:
    """Sends a parcel with `items`, SKU → units, or with all that is left. The one after which nothing is left makes the
    order shipped; one before leaves it confirmed.

    Raises OrderNotFound, TransitionNotAllowed (409; also where nothing is left), Invalid (400) for what the order does
    not have left, and what `check` raises.
    """
    order = locked(order_id, by, check)
    if not order.can_become(Status.SHIPPED):
        raise not_allowed(order, Status.SHIPPED)
    lines = list(order.lines.all())
    parcel = _parcel(order, lines, items)
    for line, quantity in parcel:
        line.shipped += quantity
    complete = not any(line.left_to_ship for line in lines)
    order.carrier, order.tracking_number = carrier, tracking_number
    if complete:
        move(order, Status.SHIPPED, "carrier", "tracking_number", by=by.email)
    else:
        touch(order, "carrier", "tracking_number")
    OrderLine.objects.bulk_update([line for line, _ in parcel], ["shipped"])
    shipment = Shipment.objects.create(
        order=order,
        carrier=carrier,
        tracking_number=tracking_number,
        tracking_url=_tracking_address(carrier, tracking_number),
        at=order.updated_at,
        by=by.email,
    )
    ShipmentLine.objects.bulk_create(
        ShipmentLine(shipment=shipment, line=line, quantity=quantity) for line, quantity in parcel
    )
    record(
        OrderShipped(
            **facts(order),
            shipment_id=str(shipment.id),
            carrier=carrier,
            tracking_number=tracking_number,
            tracking_url=shipment.tracking_url,
            lines=[{"sku": line.sku, "quantity": quantity} for line, quantity in parcel],
            complete=complete,
        ),
        customer_id=order.customer_id,
    )
    return order


@transaction.atomic
def deliver_order(*, order_id: UUID, by: User, check: Check | None = None) -> Order:
    """A shipped order has arrived, whole. Raises OrderNotFound, TransitionNotAllowed, and what `check` raises."""
    order = locked(order_id, by, check)
    move(order, Status.DELIVERED, by=by.email)
    record(OrderDelivered(**facts(order)), customer_id=order.customer_id)
    return order


def _parcel(order: Order, lines: list[OrderLine], items: Mapping[str, int] | None) -> units.Units:
    if items is not None and not items:
        raise Invalid("items", "empty", "A parcel has something in it.")
    if items is not None:
        return units.chosen(lines, items, lambda line: line.left_to_ship, "items")
    rest = [(line, line.left_to_ship) for line in lines if line.left_to_ship]
    if not rest:  # all of it went back into stock
        raise TransitionNotAllowed(
            "Nothing of the order is left to ship.", from_status=order.status, to_status=str(Status.SHIPPED)
        )
    return rest


def _tracking_address(carrier: str, tracking_number: str) -> str:
    """Where the parcel is followed; empty for a carrier that the admin does not list, or has no address of."""
    known = Carrier.objects.filter(name__iexact=carrier).first()
    address = known.address_of(tracking_number) if known else ""
    return address if len(address) <= LONGEST_ADDRESS else ""  # a number in another script grows ninefold in an address
