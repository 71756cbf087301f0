"""What an invoice says, frozen from its order: amounts as the API writes them, so that nothing is rounded again.

Totals are gross; unit prices are, unless the order's do not include tax. The tax of a rate is the sum of its lines'
taxes, each rounded once when the order was placed; so what is printed adds up to the order's own totals, to the cent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.conf import settings

from catalog.money import money
from orders.models import Order, OrderLine

Line = dict[str, Any]


def seller() -> dict[str, str]:
    return {"name": settings.SHOP_NAME, "address": settings.SHOP_ADDRESS, "tax_id": settings.SHOP_TAX_ID}


def buyer_of(order: Order) -> dict[str, Any]:
    return {
        "email": order.email,
        "billing_address": order.billing_address or order.shipping_address,
        "shipping_address": order.shipping_address,
    }


def lines_of(order: Order, items: Iterable[OrderLine]) -> list[Line]:
    """The order's lines, and the shipping as the last one unless it was free."""
    items = list(items)
    lines = [
        {
            "kind": "item",
            "sku": item.sku,
            "name": item.name,
            "quantity": item.quantity,
            "unit_price": money(item.unit_price, order.currency),
            "tax_rate": f"{item.tax_rate:.2f}",
            "tax": money(item.tax, order.currency),
            "total": money(item.total, order.currency),
        }
        for item in items
    ]
    if order.shipping_total:
        tax = order.tax_total - sum((item.tax for item in items), Decimal(0))
        lines.append(
            {
                "kind": "shipping",
                "sku": "",
                "name": f"Shipping, {order.shipping_method.name}",
                "quantity": 1,
                "unit_price": money(order.shipping_total - (0 if order.prices_include_tax else tax), order.currency),
                "tax_rate": f"{order.shipping_tax_rate:.2f}",
                "tax": money(tax, order.currency),
                "total": money(order.shipping_total, order.currency),
            }
        )
    return lines


def totals_of(lines: Iterable[Line], currency: str, *, prices_include_tax: bool) -> dict[str, Any]:
    """Net, tax and total, of each rate and of all; and what the unit prices are, see `Invoice.prices_include_tax`."""
    by_rate: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_rate[line["tax_rate"]].append(line)
    taxes = [{"rate": rate, **_sums(by_rate[rate], currency)} for rate in sorted(by_rate, key=Decimal, reverse=True)]
    whole = _sums([line for of_rate in by_rate.values() for line in of_rate], currency)
    return {**whole, "taxes": taxes, "prices_include_tax": prices_include_tax}


def _sums(lines: Iterable[Line], currency: str) -> dict[str, str]:
    tax = total = Decimal(0)
    for line in lines:
        tax += Decimal(line["tax"])
        total += Decimal(line["total"])
    return {"net": money(total - tax, currency), "tax": money(tax, currency), "total": money(total, currency)}
