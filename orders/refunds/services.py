"""Giving money back for an order, all at once or bit by bit, and its goods back into stock."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, localcontext
from uuid import UUID

from django.db import transaction

from accounts.models import User
from api.problems import Invalid
from catalog import stock
from catalog.models import Variant
from catalog.money import DIGITS, fits, money, rounded
from events.outbox import record
from orders import units
from orders.errors import RefundTooLarge
from orders.events import OrderRefunded
from orders.models import Order, OrderLine, Refund, RestockedLine
from orders.transitions import Check, facts, locked, move, not_allowed, touch

Status = Order.Status


@transaction.atomic
def refund_order(
    *,
    order_id: UUID,
    by: User,
    reason: str,
    amount: Decimal | None = None,
    restock: Mapping[str, int] | None = None,
    check: Check | None = None,
) -> Order:
    """Gives `amount`, gross, or all that is left back, and puts `restock`, SKU → units, back into stock.

    The refund that completes the total makes the order refunded; one before leaves its status. Raises OrderNotFound,
    TransitionNotAllowed (409), RefundTooLarge and Invalid (400), and what `check` raises.
    """
    order = locked(order_id, by, check)
    if not order.can_become(Status.REFUNDED):
        raise not_allowed(order, Status.REFUNDED)
    if amount is None:
        amount = order.left_to_refund
    else:
        _check_amount(order, amount)
    lines = list(order.lines.all())
    returned = units.chosen(lines, restock or {}, lambda line: line.left_to_restock, "restock")
    for line, quantity in returned:
        line.restocked += quantity
    OrderLine.objects.bulk_update([line for line, _ in returned], ["restocked"])
    tax = tax_in(order, order.refunded_total + amount) - tax_in(order, order.refunded_total)
    order.refunded_total += amount
    complete = not order.left_to_refund
    if complete:
        move(order, Status.REFUNDED, "refunded_total", by=by.email, reason=reason)
    elif _is_all_sent(order, lines):
        move(order, Status.SHIPPED, "refunded_total", by=by.email, reason="What was left to ship went back into stock.")
    else:
        touch(order, "refunded_total")
    refund = Refund.objects.create(order=order, amount=amount, tax=tax, reason=reason, at=order.updated_at, by=by.email)
    RestockedLine.objects.bulk_create(
        RestockedLine(refund=refund, line=line, quantity=quantity) for line, quantity in returned
    )
    if returned:
        stock.give_back(items=_by_variant(returned), order_id=order.id, by=by.email, returned=True)
    record(
        OrderRefunded(
            **facts(order),
            refund_id=str(refund.id),
            amount=money(amount, order.currency),
            tax=money(tax, order.currency),
            refunded=money(order.refunded_total, order.currency),
            reason=reason,
            restocked=[{"sku": line.sku, "quantity": quantity} for line, quantity in returned],
            complete=complete,
        ),
        customer_id=order.customer_id,
    )
    return order


def _check_amount(order: Order, amount: Decimal) -> None:
    currency = order.currency
    if amount <= 0:
        raise Invalid("amount", "min_value", "Give more than zero.")
    if not fits(amount, currency):
        raise Invalid("amount", "too_many_digits", f"{currency} has {DIGITS[currency]} digits after the point.")
    if amount > order.left_to_refund:
        raise RefundTooLarge(money(order.left_to_refund, currency), currency)


def tax_in(order: Order, amount: Decimal) -> Decimal:
    """The tax contained in that much of the order's total, rounded once, half away from zero.

    A refund's tax is the difference that it makes to this. Refunds' taxes so add up to the order's whatever they are,
    where shares that are rounded one by one could come to more than there is.
    """
    if not order.total:
        return Decimal(0)
    with localcontext(prec=60):  # the product has fewer than 30 digits: nothing is lost before the one rounding
        return rounded(order.tax_total * amount / order.total, order.currency)


def _by_variant(returned: units.Units) -> dict[str, int]:
    """SKU → units, with the variants locked, after the order, as in every change of one.

    A variant may have another SKU by now than its line has kept, and no third one before the stock is back.
    """
    variants = Variant.objects.filter(id__in=[line.variant_id for line, _ in returned]).order_by("sku")
    skus = dict(variants.select_for_update(no_key=True).values_list("id", "sku"))
    return {skus[line.variant_id]: quantity for line, quantity in returned}


def _is_all_sent(order: Order, lines: list[OrderLine]) -> bool:
    """Whether a confirmed order has parcels on their way and, now that the rest went back into stock, no more to come:
    then there will be no last parcel that could make it shipped.
    """
    if order.status != Status.CONFIRMED or not any(line.shipped for line in lines):
        return False
    return not any(line.left_to_ship for line in lines)
