"""Lists of orders, newest first, each by the way that finds its page without looking at much else."""

from __future__ import annotations

from functools import partial
from typing import Any

from rest_framework.request import Request

from accounts.models import User
from accounts.rights import Right, may
from api.pagination import page
from orders.models import OrderLine
from orders.reading.presentation import order_json
from orders.reading.queries import lines_among, orders_matching, with_parts

NEWEST_FIRST = ["-created_at", "-id"]
NARROW = {"email", "number", "created_before", "min_total", "max_total"}
"""Filters that an index of orders begins with, and that leave so few orders, or so well placed ones, that a SKU is best
looked for in these."""


def page_of_orders(request: Request, user: User, *, limit: int, cursor: str, **filters: Any) -> dict[str, Any]:
    """A page of the caller's orders; `filters` are those of `orders_matching`."""
    present = partial(order_json, viewer=user)
    if "sku" in filters and may(user, Right.READ_ORDERS) and not NARROW & filters.keys():
        sku = filters.pop("sku")

        def present_order(line: OrderLine) -> dict[str, Any]:
            return present(line.order)

        lines = lines_among(orders_matching(user, **filters), sku=sku)
        return page(request, lines, ordering=["-order_id"], limit=limit, cursor=cursor, present=present_order)
    orders = with_parts(orders_matching(user, **filters))
    return page(request, orders, ordering=NEWEST_FIRST, limit=limit, cursor=cursor, present=present)
