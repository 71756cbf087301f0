"""Placing an order: stock, order, lines, history and event in one transaction, or nothing of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.errors import Blocked
from accounts.models import User
from accounts.rights import Right, may
from api.postgresql.writing import insert
from api.problems import Invalid
from catalog import stock
from catalog.money import money
from events.outbox import recorded
from orders.errors import PriceChanged
from orders.events import OrderCreated
from orders.models import Order, OrderHistory
from orders.placing import basket
from orders.placing.basket import Item
from orders.placing.terms import terms_for
from orders.transitions import facts


@transaction.atomic(savepoint=False)
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
    else. Raises Invalid and its kin (400), Blocked (403), ProductNotFound (404), OutOfStock and PriceChanged (409).
    """
    buyer, address = _buyer(by, email)
    quantities = basket.quantities_of(items)
    terms = terms_for(shipping_method, shipping_address["country"], buyer)
    if by and buyer == by and not terms.let_in:
        raise Blocked  # since the token was looked at
    now = timezone.now()
    order = Order(
        customer=None if terms.let_in is None else buyer,
        email=address,
        payment_method=payment_method,
        shipping_address=dict(shipping_address),
        billing_address=dict(billing_address) if billing_address else None,
        note=note,
        created_at=now,
        updated_at=now,
    )
    actor = by.email if by else address
    # From here until the commit the variants are locked: few statements, and the cheap refusals stand above.
    sold = stock.take(items=quantities, order_id=order.id, by=actor)
    lines = basket.lines_of(order, quantities, sold, terms)
    basket.close(order, lines, terms)
    if expected_total is not None and expected_total != order.total:
        total = money(order.total, order.currency)
        raise PriceChanged(f"The total is {total} {order.currency} now.", total=total, currency=order.currency)
    history = OrderHistory(order_id=order.id, status=order.status, at=order.created_at, by=actor)
    told = [{"sku": sku, "quantity": quantity} for sku, quantity in quantities.items()]
    event = recorded(OrderCreated(**facts(order), lines=told), customer_id=order.customer_id)
    insert(order, *lines, history, event)
    # The answer needs them next: spare the queries that would read back what was just written.
    parts: dict[str, list[Any]] = {"lines": lines, "history": [history], "shipments": [], "refunds": [], "notes": []}
    order._prefetched_objects_cache = {name: _known(rows) for name, rows in parts.items()}  # type: ignore[attr-defined]
    return order


def _buyer(by: User | None, email: str | None) -> tuple[User | None, str]:
    """Whose order it is, and where its mails go."""
    if by is None:
        if not email:
            raise Invalid("email", "required", "A guest must give an e-mail address.")
        return None, email.lower()
    if email is None:
        if not may(by, Right.OWN):
            raise Invalid("email", "required", "Say whose order it is: you have none of your own.")
        return by, by.email.lower()
    if not may(by, Right.CHANGE_ORDERS):
        raise Invalid("email", "not_allowed", "The order goes to the address of your account: leave this out.")
    return User.objects.with_email(email).first(), email.lower()


def _known(rows: list[Any]) -> QuerySet[Any]:
    """A queryset that has been read already, as `prefetch_related` leaves behind."""
    known: QuerySet[Any] = QuerySet()
    known._result_cache = rows
    return known
