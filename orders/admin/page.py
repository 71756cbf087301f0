"""What stands on an order's page. Asked by the template, by a number of queries that does not grow with the order."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from django.urls import reverse

from catalog.admin.shown import amount, list_url
from catalog.models import StockMovement
from orders.admin.sources import address_lines, units
from orders.cautions import Caution, cautions
from orders.late import is_late
from orders.models import Note, Order, OrderLine, Refund, Shipment
from orders.timeline import Timeline, timeline

COUNTED = 1000
"""Other orders of a buyer; more are told as so many."""
SHOWN = 50
"""Parcels, refunds and notes beside the timeline, the newest."""
COLOURS = {
    "pending": "warning",
    "confirmed": "info",
    "shipped": "primary",
    "delivered": "success",
    "cancelled": "danger",
    "refunded": "danger",
}


def is_partly_shipped(order: Order) -> bool:
    return order.status == Order.Status.CONFIRMED and any(line.shipped for line in order.lines.all())


@dataclass(frozen=True)
class Line:
    line: OrderLine
    unit_price: str
    tax: str
    total: str
    product_url: str
    in_stock: int
    stock_effect: int
    """Units that this order has added to stock, and with a minus those that it has taken, as the ledger says."""


class OrderPage:
    def __init__(self, order: Order) -> None:
        self.order = order
        self.colour = COLOURS[order.status]

    @cached_property
    def lines(self) -> list[Line]:
        order = self.order
        effects: dict[object, int] = defaultdict(int)
        for variant_id, delta in StockMovement.objects.filter(order_id=order.pk).values_list("variant_id", "delta"):
            effects[variant_id] += delta
        return [
            Line(
                line,
                amount(line.unit_price, order.currency),
                amount(line.tax, order.currency),
                amount(line.total, order.currency),
                reverse("admin:catalog_product_change", args=[line.variant.product_id]),
                line.variant.stock,
                effects[line.variant_id],
            )
            for line in order.lines.select_related("variant")
        ]

    @cached_property
    def units(self) -> int:
        return sum(one.line.quantity for one in self.lines)

    @property
    def is_partly_shipped(self) -> bool:
        return is_partly_shipped(self.order)

    @property
    def any_restocked(self) -> bool:
        return any(one.line.restocked for one in self.lines)

    @property
    def totals(self) -> list[tuple[str, str, str]]:
        """Label, amount, and the part of the table that it is."""
        order = self.order
        rows = [
            ("Items", order.items_total, ""),
            (f"Shipping, {order.shipping_method}", order.shipping_total, ""),
            ("Total", order.total, "total"),
            ("of it, tax", order.tax_total, "quiet"),
        ]
        if order.refunded_total:
            rows += [("Refunded", -order.refunded_total, ""), ("Left", order.left_to_refund, "total")]
        return [(label, amount(value, order.currency), part) for label, value, part in rows]

    @property
    def shipping(self) -> list[str]:
        return address_lines(self.order.shipping_address)

    @property
    def billing(self) -> list[str]:
        return address_lines(self.order.billing_address) if self.order.billing_address else []

    @property
    def buyer_url(self) -> str:
        customer = self.order.customer_id
        return reverse("admin:accounts_user_change", args=[customer]) if customer else ""

    @cached_property
    def other_orders(self) -> str:
        """How many more this address has placed, as far as it is worth counting."""
        others = Order.objects.filter(email=self.order.email, hidden_at=None).exclude(pk=self.order.pk).order_by()
        count = others[: COUNTED + 1].count()
        return f"more than {COUNTED}" if count > COUNTED else str(count)

    @property
    def of_this_address(self) -> str:
        return list_url("orders_order", q=self.order.email)

    @cached_property
    def parcels(self) -> list[tuple[Shipment, str]]:
        rows = Shipment.objects.filter(order=self.order).order_by("-at").prefetch_related("lines__line")
        return [(row, units(row.lines.all())) for row in rows[:SHOWN]]

    @cached_property
    def refunds(self) -> list[tuple[Refund, str, str]]:
        rows = Refund.objects.filter(order=self.order).order_by("-at").prefetch_related("restocked__line")
        return [(row, amount(row.amount, self.order.currency), units(row.restocked.all())) for row in rows[:SHOWN]]

    @cached_property
    def notes(self) -> list[Note]:
        return list(Note.objects.filter(order=self.order).order_by("-id")[:SHOWN])

    @cached_property
    def cautions(self) -> list[Caution]:
        return cautions(self.order)

    @cached_property
    def timeline(self) -> Timeline:
        return timeline(self.order)

    @property
    def is_late(self) -> bool:
        return is_late(self.order, self.order.history.all())
