"""The JSON of an order: one definition, for every answer that shows one."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from api.etags import etag_of
from catalog.money import money
from orders.models import Order, OrderHistory


def order_json(order: Order, viewer: User | None) -> dict[str, Any]:
    """An order as the contract shows it. Reads its `lines` and `history`: have them prefetched where there are many."""
    currency = order.currency
    return {
        "id": str(order.id),
        "number": order.number,
        "status": str(order.status),
        "email": order.email,
        "currency": currency,
        "payment_method": str(order.payment_method),
        "lines": [
            {
                "sku": line.sku,
                "name": line.name,
                "quantity": line.quantity,
                "unit_price": money(line.unit_price, currency),
                "tax_rate": f"{line.tax_rate:.2f}",
                "tax": money(line.tax, currency),
                "total": money(line.total, currency),
            }
            for line in order.lines.all()
        ],
        "totals": {
            "items": money(order.items_total, currency),
            "shipping": money(order.shipping_total, currency),
            "tax": money(order.tax_total, currency),
            "total": money(order.total, currency),
            "refunded": money(order.refunded_total, currency),
        },
        "shipping": {
            "method": order.shipping_method_id,
            "address": order.shipping_address,
            "carrier": order.carrier,
            "tracking_number": order.tracking_number,
        },
        "billing_address": order.billing_address,
        "note": order.note,
        "history": [
            {"status": str(row.status), "at": row.at, "by": _actor(row, order, viewer), "reason": row.reason}
            for row in order.history.all()
        ],
        "created_at": order.created_at,
        "updated_at": order.updated_at,
    }


def order_etag(order: Order, viewer: User | None) -> str:
    """Changes with every change of the order. Staff are shown more than buyers, so theirs is another one."""
    return etag_of("order", order.id, order.version, _is_staff(viewer))


def _actor(row: OrderHistory, order: Order, viewer: User | None) -> str:
    """Staff read who it was; a buyer reads their own address, and of the shop's people only that it was one of them."""
    return row.by if _is_staff(viewer) or row.by in ("", order.email) else "staff"


def _is_staff(viewer: User | None) -> bool:
    return viewer is not None and viewer.is_staff
