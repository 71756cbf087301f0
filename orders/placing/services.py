"""Placing an order: stock, order, lines, history and event in one transaction, or nothing of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TypeVar

from django.db import transaction
from django.db.models import Model, QuerySet

from accounts.models import User
from api.problems import Invalid
from catalog import stock
from catalog.money import money
from events.outbox import record
from orders.errors import PriceChanged
from orders.events import OrderCreated
from orders.models import Order, OrderHistory, OrderLine
from orders.placing import basket
from orders.placing.basket import Item
from orders.transitions import facts, note_status

M = TypeVar("M", bound=Model)


@transaction.atomic
def place_order(
    *,
    by: User | None,
    items: Sequence[Item],
    payment_method: str,
    shipping_method: str,
    shipping_address: Mapping[str, str],
    email: str | None = None,
    billing_address: Mapping[str, str] | None = None,
    note: str = "",
    expected_total: Decimal | None = None,
) -> Order:
    """Takes the stock and freezes prices, tax and totals. The order comes with its lines and history at hand.

    `by` is None for a guest, who must give an e-mail address; a customer orders for themselves; staff may name somebody
    else. Raises Invalid and its kin (400), ProductNotFound (404), OutOfStock and PriceChanged (409).
    """
    buyer, address = _buyer(by, email)
    quantities = basket.quantities_of(items)
    order = Order(
        customer=buyer,
        email=address,
        payment_method=payment_method,
        shipping_address=dict(shipping_address),
        billing_address=dict(billing_address) if billing_address else None,
        note=note,
    )
    actor = by.email if by else address
    # From here until the commit the variants are locked: few statements, and the cheap refusals stand above.
    variants = stock.take(items=quantities, order_id=order.id, by=actor)
    lines = basket.lines_of(order, quantities, variants)
    basket.close(order, lines, shipping_method)
    if expected_total is not None and expected_total != order.total:
        total = money(order.total, order.currency)
        raise PriceChanged(f"The total is {total} {order.currency} now.", total=total, currency=order.currency)
    order.save(force_insert=True)
    OrderLine.objects.bulk_create(lines)
    history = [note_status(order, actor, "")]
    sold = [{"sku": sku, "quantity": quantity} for sku, quantity in quantities.items()]
    record(OrderCreated(**facts(order), lines=sold), customer_id=order.customer_id)
    # The answer needs them next: spare the two queries that would read back what was just written.
    at_hand = {"lines": _known(OrderLine, lines), "history": _known(OrderHistory, history)}
    order._prefetched_objects_cache = at_hand  # type: ignore[attr-defined]
    return order


def _buyer(by: User | None, email: str | None) -> tuple[User | None, str]:
    """Whose order it is, and where its mails go."""
    if by is None:
        if not email:
            raise Invalid("email", "required", "A guest must give an e-mail address.")
        return None, email.lower()
    if email is None:
        return by, by.email.lower()
    if not by.is_staff:
        raise Invalid("email", "not_allowed", "The order goes to the address of your account: leave this out.")
    return User.objects.with_email(email).first(), email.lower()


def _known(model: type[M], rows: list[M]) -> QuerySet[M]:
    """A queryset that has been read already, as `prefetch_related` leaves behind."""
    known = model._default_manager.all()
    known._result_cache = rows
    return known
