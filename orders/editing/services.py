"""What is changed about an order without moving it on: notes, addresses, who may follow it."""

from __future__ import annotations

from collections.abc import Mapping
from types import EllipsisType
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.rights import Right, may
from events.outbox import record
from orders.errors import AddressFrozen, CountryChangeNotAllowed, TooManyNotes
from orders.events import OrderAddressChanged
from orders.models import AddressChange, Order
from orders.transitions import Check, facts, locked, touch

Address = Mapping[str, str]
Kind = AddressChange.Kind
Status = Order.Status
FIELDS = {Kind.SHIPPING: "shipping_address", Kind.BILLING: "billing_address"}
MAX_NOTES = 100
"""Of one order: they come with it wherever it is read."""


@transaction.atomic
def add_note(*, order_id: UUID, by: User, text: str, for_buyer: bool = False, check: Check | None = None) -> Order:
    """Staff write something down, for themselves or for the buyer to read.

    Raises OrderNotFound, TooManyNotes, and what `check` raises.
    """
    order = locked(order_id, by, check)
    if order.notes.count() >= MAX_NOTES:
        raise TooManyNotes(f"An order has at most {MAX_NOTES} notes.")
    touch(order)
    order.notes.create(text=text, for_buyer=for_buyer, at=order.updated_at, by=by.email)
    return order


@transaction.atomic
def change_addresses(
    *,
    order_id: UUID,
    by: User,
    shipping: Address | None = None,
    billing: Address | EllipsisType | None = ...,
    check: Check | None = None,
) -> Order:
    """Gives an order another address of delivery, another one on its invoice, or both; None bills to that of delivery.

    Buyers while it is pending; staff also once it is confirmed, until a part is shipped, but then only the delivery's.
    What is the same already is no change and leaves no trace. Raises OrderNotFound, AddressFrozen,
    CountryChangeNotAllowed, and what `check` raises.
    """
    order = locked(order_id, by, check)
    wanted: dict[Kind, Address | None] = {}
    if shipping is not None and shipping != order.shipping_address:
        wanted[Kind.SHIPPING] = dict(shipping)
    if billing is not ... and billing != order.billing_address:
        wanted[Kind.BILLING] = dict(billing) if billing else None
    if not wanted:
        return order
    _check_open(order, by, wanted)
    before = {kind: getattr(order, FIELDS[kind]) for kind in wanted}
    if order.status != Status.PENDING and order.billing_address is None:
        # The invoice says, or is about to say, the address of delivery that was confirmed.
        order.billing_address = order.shipping_address
    for kind, address in wanted.items():
        setattr(order, FIELDS[kind], address)
    touch(order, *FIELDS.values())
    AddressChange.objects.bulk_create(
        AddressChange(order=order, kind=kind, before=before[kind], at=order.updated_at, by=by.email) for kind in wanted
    )
    record(OrderAddressChanged(**facts(order), kinds=[str(kind) for kind in wanted]), customer_id=order.customer_id)
    return order


@transaction.atomic
def revoke_tracking(*, order_id: UUID, by: User, check: Check | None = None) -> Order:
    """No tracking token that was given out reads the order any more. Raises OrderNotFound, and what `check` raises."""
    order = locked(order_id, by, check)
    order.tracking_revision += 1
    touch(order, "tracking_revision")
    return order


def _check_open(order: Order, by: User, wanted: Mapping[Kind, Address | None]) -> None:
    if order.status != Status.PENDING:
        if Kind.BILLING in wanted:
            raise AddressFrozen("The billing address is on the invoice since the order was confirmed.")
        if order.status != Status.CONFIRMED or order.shipments.exists():
            raise AddressFrozen("The order is closed, or a part of it is on its way.")
        if not may(by, Right.CHANGE_ORDERS):
            raise AddressFrozen("The order is confirmed: ask the shop to change the address.")
    if (shipping := wanted.get(Kind.SHIPPING)) and shipping["country"] != order.shipping_address["country"]:
        raise CountryChangeNotAllowed(
            f"Tax was computed for delivery to {order.shipping_address['country']}: cancel the order, and order anew."
        )
