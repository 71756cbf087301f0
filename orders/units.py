"""Units of an order's lines, as staff name them by SKU: what goes into a parcel, and what goes back into stock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from api.problems import Invalid
from orders.errors import DuplicateSku
from orders.models import OrderLine

Units = list[tuple[OrderLine, int]]
"""Lines of one order, and how many units of each; at least one."""


def by_sku(items: Iterable[Mapping[str, Any]], field: str) -> dict[str, int]:
    """SKU → units, in the order of the body's `field`. Raises DuplicateSku (400)."""
    units: dict[str, int] = {}
    for index, item in enumerate(items):
        if item["sku"] in units:
            raise DuplicateSku(index, item["sku"], field)
        units[item["sku"]] = item["quantity"]
    return units


def chosen(lines: Iterable[OrderLine], units: Mapping[str, int], left: Callable[[OrderLine], int], field: str) -> Units:
    """The lines that `units` names by their SKU. Raises Invalid (400) for a SKU that the order does not have, and for
    more units than are `left` of a line; it names the place in the body's `field`.
    """
    known = {line.sku: line for line in lines}
    found: Units = []
    for index, (sku, quantity) in enumerate(units.items()):
        line = known.get(sku)
        if line is None:
            raise Invalid(f"{field}.{index}.sku", "unknown_sku", f"The order has no {sku}.")
        if not 1 <= quantity <= left(line):
            message = f"{sku}: {quantity} were asked for, {left(line)} are left."
            raise Invalid(f"{field}.{index}.quantity", "too_many", message)
        found.append((line, quantity))
    return found
