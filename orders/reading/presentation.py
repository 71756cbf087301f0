"""The JSON of an order: one definition, for every answer that shows one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from accounts.models import User
from accounts.rights import Right, may
from api.etags import etag_of
from catalog.money import money
from orders.models import Note, Order, OrderLine, Refund, RestockedLine, Shipment, ShipmentLine
from orders.transitions import SYSTEM


def order_json(order: Order, viewer: User | None) -> dict[str, Any]:
    """An order as the contract shows it. Asks for nothing that `queries.with_parts` has read beforehand."""
    currency = order.currency
    lines: list[OrderLine] = list(order.lines.all())
    skus = {line.pk: line.sku for line in lines}
    shipments: list[Shipment] = list(order.shipments.all())
    return {
        "id": str(order.id),
        "number": order.number,
        "status": str(order.status),
        "email": order.email,
        "currency": currency,
        "prices_include_tax": order.prices_include_tax,
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
            for line in lines
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
            "tracking_url": (shipments[-1].tracking_url or None) if shipments else None,
        },
        "billing_address": order.billing_address,
        "note": order.note,
        "shipments": [_shipment(shipment, skus) for shipment in shipments],
        "refunds": [_refund(refund, skus, currency) for refund in order.refunds.all()],
        "notes": [
            {"text": row.text, "for_buyer": row.for_buyer, "by": _actor(row.by, order, viewer), "at": row.at}
            for row in _notes_for(order, viewer)
        ],
        "history": [
            {"status": str(row.status), "at": row.at, "by": _actor(row.by, order, viewer), "reason": row.reason}
            for row in order.history.all()
        ],
        "created_at": order.created_at,
        "updated_at": order.updated_at,
    }


def order_etag(order: Order, viewer: User | None) -> str:
    """Changes with every change of the order. Staff are shown more than buyers, so theirs is another one."""
    return etag_of("order", order.id, order.version, _is_staff(viewer))


def _shipment(shipment: Shipment, skus: Mapping[int, str]) -> dict[str, Any]:
    return {
        "id": str(shipment.id),
        "carrier": shipment.carrier,
        "tracking_number": shipment.tracking_number,
        "tracking_url": shipment.tracking_url or None,
        "items": _units(shipment.lines.all(), skus),
        "at": shipment.at,
    }


def _refund(refund: Refund, skus: Mapping[int, str], currency: str) -> dict[str, Any]:
    return {
        "id": str(refund.id),
        "amount": money(refund.amount, currency),
        "tax": money(refund.tax, currency),
        "reason": refund.reason,
        "restocked": _units(refund.restocked.all(), skus),
        "at": refund.at,
    }


def _units(rows: Iterable[ShipmentLine | RestockedLine], skus: Mapping[int, str]) -> list[dict[str, Any]]:
    return [{"sku": skus[row.line_id], "quantity": row.quantity} for row in rows]


def _notes_for(order: Order, viewer: User | None) -> list[Note]:
    """Chosen here and not by the query, so that the notes that were read for a whole page serve."""
    notes: list[Note] = list(order.notes.all())
    return [note for note in notes if note.for_buyer or _is_staff(viewer)]


def _actor(by: str, order: Order, viewer: User | None) -> str:
    """Staff read who it was; a buyer reads their own address, and of the shop's people only that it was one of them."""
    return by if _is_staff(viewer) or by in ("", SYSTEM, order.email) else "staff"


def _is_staff(viewer: User | None) -> bool:
    return may(viewer, Right.READ_ORDERS)
