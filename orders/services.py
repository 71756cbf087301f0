"""What can be done with an order. Each use case is one transaction: stock, order, history and event, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from accounts.models import User
from api.middleware import current_request_id
from api.problems import Invalid
from catalog import stock
from catalog.money import money
from events.outbox import record
from orders import basket
from orders.basket import Item
from orders.errors import OrderNotFound, PriceChanged, TransitionNotAllowed
from orders.events import OrderCancelled, OrderConfirmed, OrderCreated, OrderRejected
from orders.models import Order, OrderHistory, OrderLine
from orders.queries import orders_visible_to

M = TypeVar("M", bound=Model)

Check = Callable[[Order], None]
"""What a caller wants to hold for the locked order before it changes; it raises where it does not."""

Status = Order.Status
AUDITED_LINES = 100
"""Of a refused order: what a stranger calls a SKU may be long, and an event must fit into one message."""


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
    history = [_note_status(order, actor, "")]
    sold = [{"sku": sku, "quantity": quantity} for sku, quantity in quantities.items()]
    record(OrderCreated(**_facts(order), lines=sold), customer_id=order.customer_id)
    # The answer needs them next: spare the two queries that would read back what was just written.
    at_hand = {"lines": _known(OrderLine, lines), "history": _known(OrderHistory, history)}
    order._prefetched_objects_cache = at_hand  # type: ignore[attr-defined]
    return order


@transaction.atomic
def confirm_order(*, order_id: UUID, by: User, check: Check | None = None) -> Order:
    """Staff accepts a pending order. Raises OrderNotFound, TransitionNotAllowed, and what `check` raises."""
    order = _locked(order_id, by, check)
    _move(order, Status.CONFIRMED, by)
    record(OrderConfirmed(**_facts(order)), customer_id=order.customer_id)
    return order


@transaction.atomic
def cancel_order(*, order_id: UUID, by: User, reason: str = "", check: Check | None = None) -> Order:
    """Calls an order off and gives its stock back, once: buyers while it is pending, staff until it is shipped.

    Raises OrderNotFound, TransitionNotAllowed, and what `check` raises.
    """
    order = _locked(order_id, by, check)
    if not order.can_be_cancelled_by(by):
        raise _not_allowed(order, Status.CANCELLED)
    _move(order, Status.CANCELLED, by, reason)
    taken = dict(order.lines.values_list("sku", "quantity"))
    stock.give_back(items=taken, order_id=order.id, by=by.email)
    record(OrderCancelled(**_facts(order), reason=reason), customer_id=order.customer_id)
    return order


@transaction.atomic
def record_rejection(*, code: str, items: Sequence[Item]) -> None:
    """Tells the audit bus of a refused order. Called after the refusal has rolled everything else back."""
    asked = [{"sku": sku, "quantity": quantity} for sku, quantity in items[:AUDITED_LINES]]
    record(OrderRejected(code=code, request_id=current_request_id.get(), items=asked))


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


def _locked(order_id: UUID, by: User, check: Check | None) -> Order:
    """The order, locked until the transaction ends: of two who change it, the second sees what the first did."""
    order = orders_visible_to(by).select_for_update(no_key=True).filter(id=order_id).first()
    if order is None:
        raise OrderNotFound
    if check:
        check(order)
    return order


def _move(order: Order, status: Order.Status, by: User, reason: str = "") -> None:
    if not order.can_become(status):
        raise _not_allowed(order, status)
    order.status = status
    order.version = order.version + 1
    order.updated_at = timezone.now()
    order.save(update_fields=["status", "version", "updated_at"])
    _note_status(order, by.email, reason)


def _not_allowed(order: Order, status: Order.Status) -> TransitionNotAllowed:
    return TransitionNotAllowed(
        f"The order is {order.status}; you cannot make it {status}.", from_status=order.status, to_status=str(status)
    )


def _note_status(order: Order, by: str, reason: str) -> OrderHistory:
    return OrderHistory.objects.create(order=order, status=order.status, at=order.updated_at, by=by, reason=reason)


def _facts(order: Order) -> dict[str, str]:
    """What every event of an order tells."""
    return {
        "order_id": str(order.id),
        "number": order.number,
        "status": str(order.status),
        "total": money(order.total, order.currency),
        "currency": order.currency,
    }


def _known(model: type[M], rows: list[M]) -> QuerySet[M]:
    """A queryset that has been read already, as `prefetch_related` leaves behind."""
    known = model._default_manager.all()
    known._result_cache = rows
    return known
