"""What must hold of some products and of all their orders, whatever was done to them and by however many at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from django.db.models import Min, Sum

from catalog.models import StockMovement, Variant
from events.models import Event
from orders.models import Order
from orders.tests.reference import cost

Status = Order.Status
TOLD = {
    Status.PENDING: "OrderCreated",
    Status.CONFIRMED: "OrderConfirmed",
    Status.DELIVERED: "OrderDelivered",
    Status.CANCELLED: "OrderCancelled",
}
"""What is told of a status. Of shipped and refunded each parcel and each refund tells."""


def prove(skus: Sequence[str]) -> list[Order]:
    """Of all orders that have lines of these SKUs, and of no other SKU. Returns them."""
    orders = list(
        Order.objects.filter(lines__sku__in=skus)
        .distinct()
        .prefetch_related("lines__shipment_lines", "lines__restocked_lines", "history", "shipments", "refunds")
    )
    for sku in skus:
        prove_units(sku, orders)
    for order in orders:
        prove_states(order)
        prove_money(order)
        prove_parts(order)
    prove_events(orders)
    return orders


def prove_units(sku: str, orders: Sequence[Order]) -> None:
    """stock + sold = received, and the ledger says so: of each kind of movement, as much as the orders say."""
    variant = Variant.objects.get(sku=sku)
    lines = [(order, line) for order in orders for line in order.lines.all() if line.sku == sku]
    ordered = sum(line.quantity for _, line in lines)
    restocked = sum(line.restocked for _, line in lines)
    cancelled = sum(line.quantity - line.restocked for order, line in lines if order.status == Status.CANCELLED)
    ledger = StockMovement.objects.filter(variant=variant)
    by_kind = {row["reason"]: row["units"] for row in ledger.values("reason").annotate(units=Sum("delta")).order_by()}
    received = by_kind.pop("received")

    sold = ordered - cancelled - restocked
    assert variant.stock + sold == received, f"{sku}: {variant.stock} + {sold} is not {received}"
    want = {"order": -ordered, "cancel": cancelled, "return": restocked}
    assert by_kind == {kind: units for kind, units in want.items() if units}, f"{sku}: ledger"
    assert received + sum(by_kind.values()) == variant.stock, f"{sku}: the ledger's sum is not the stock"
    assert ledger.aggregate(lowest=Min("balance"))["lowest"] >= 0, f"{sku}: oversold"


def prove_states(order: Order) -> None:
    """The history is a path of the state machine from pending to the order's status, and each change a version."""
    path = [Status(row.status) for row in sorted(order.history.all(), key=lambda row: row.id)]
    assert path[0] == Status.PENDING, f"{order}: {path}"
    for before, after in pairwise(path):
        assert after in Order.TRANSITIONS[before], f"{order}: {path}"
    assert path[-1] == order.status, f"{order} is {order.status}, and its history says {path}"
    alone = [status for status in path[1:] if status not in (Status.SHIPPED, Status.REFUNDED)]
    changes = len(alone) + len(order.shipments.all()) + len(order.refunds.all()) + bool(order.hidden_at)
    assert order.version == 1 + changes, f"{order}: version {order.version} after {changes} changes"
    assert order.hidden_at is None or order.status == Status.CANCELLED, f"{order} is hidden and {order.status}"


def prove_money(order: Order) -> None:
    """Totals are the sums of the lines and the shipping, and what was refunded is the sum of the refunds."""
    lines, refunds = order.lines.all(), order.refunds.all()
    assert order.items_total == sum(line.total for line in lines), f"{order}: items"
    assert order.total == order.items_total + order.shipping_total, f"{order}: total"
    _, tax = cost(Fraction(order.shipping_total), Fraction(order.shipping_tax_rate), order.currency, gross=True)
    assert Fraction(order.tax_total) == sum((Fraction(line.tax) for line in lines), tax), f"{order}: tax"
    assert order.refunded_total == sum((refund.amount for refund in refunds), Decimal(0)), f"{order}: refunded"
    assert (order.status == Status.REFUNDED) == (order.refunded_total == order.total), f"{order}: refunded, or not"
    if order.status == Status.REFUNDED:
        assert sum(refund.tax for refund in refunds) == order.tax_total, f"{order}: tax of the refunds"


def prove_parts(order: Order) -> None:
    """Lines count what is in parcels and what came back; nothing was sent twice, and nothing of a cancelled order."""
    for line in order.lines.all():
        assert line.shipped == sum(part.quantity for part in line.shipment_lines.all()), f"{order}: {line} shipped"
        assert line.restocked == sum(part.quantity for part in line.restocked_lines.all()), f"{order}: {line} restocked"
        assert max(line.shipped, line.restocked) <= line.quantity, f"{order}: {line}"
        if order.status in (Status.SHIPPED, Status.DELIVERED):
            assert line.left_to_ship == 0, f"{order} is {order.status}, and {line} waits for a parcel"
    if order.status == Status.CANCELLED:
        assert not order.shipments.all(), f"{order} is cancelled, and on its way"


def prove_events(orders: Sequence[Order]) -> None:
    """One event per status that was taken, parcel, refund and deletion, and none besides."""
    told: dict[str, Counter[str]] = {f"order/{order.id}": Counter() for order in orders}
    for subject, type_ in Event.objects.filter(subject__in=told).values_list("subject", "type"):
        told[subject][type_] += 1
    for order in orders:
        want = Counter(TOLD[Status(row.status)] for row in order.history.all() if row.status in TOLD)
        want |= {"OrderShipped": len(order.shipments.all()), "OrderRefunded": len(order.refunds.all())}
        want["OrderDeleted"] = int(order.hidden_at is not None)
        assert told[f"order/{order.id}"] == +want, f"{order}: events"
