"""The columns of a product file, and what a cell of it says: the same for the export as for the import.

`docs/imports.md` tells of them to those who make such files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from api.spreadsheets import guarded, plain

FIXED = ("code", "sku", "name", "price", "currency", "stock", "tax_rate", "category", "description", "status")
REQUIRED = ("code", "name", "price")
OF_THE_PRODUCT = ("name", "currency", "tax_rate", "category", "description", "status")
"""The columns that all rows of one product share."""
ATTRIBUTE = "attr."
TEXTS = frozenset({"code", "sku", "name", "category", "description"})
"""The columns, besides attributes, that hold what somebody wrote; numbers and fixed words need no guard."""
PRODUCT_FIELDS = (
    "code",
    "name",
    "currency",
    "tax_rate",
    "category",
    "description",
    "status",
    "attributes",
    "variants",
)
"""The fields of a product's JSON that `cells_of` reads."""


def is_column(name: str) -> bool:
    return name in FIXED or (name.startswith(ATTRIBUTE) and name != ATTRIBUTE)


def is_text(column: str) -> bool:
    return column in TEXTS or column.startswith(ATTRIBUTE)


def written(cells: Mapping[str, str | None], columns: tuple[str, ...]) -> list[str]:
    """A row of the file. None is an attribute that is not there, an empty text one that is there and empty."""

    def cell(column: str) -> str:
        text = cells.get(column)
        if text is None or (text == "" and column in TEXTS):
            return ""
        return guarded(text) if is_text(column) else text

    return [cell(column) for column in columns]


def read(cell: str, column: str) -> str | None:
    """What the row says in the column; None for an attribute that the cell does not give."""
    if column.startswith(ATTRIBUTE) and cell == "":
        return None
    return plain(cell) if is_text(column) else cell


def cells_of(product: Mapping[str, Any]) -> Iterator[dict[str, str | None]]:
    """A row for each variant of a product's JSON (`catalog/products/presentation.py`), column → what it says.

    A variant's attributes count before the product's, and both are one in the file.
    """
    shared = {name: product[name] for name in ("code", "name", "currency", "tax_rate", "description", "status")}
    shared["category"] = product["category"]["slug"] if product["category"] else ""
    for variant in product["variants"]:
        attributes = product["attributes"] | variant["attributes"]
        yield {
            **shared,
            "sku": variant["sku"],
            "price": variant["price"],
            "stock": str(variant["stock"]),
            **{f"{ATTRIBUTE}{name}": as_text(value) for name, value in attributes.items()},
        }


def as_text(value: str | int | float | bool) -> str:
    """An attribute's value as a cell says it."""
    return value if isinstance(value, str) else json.dumps(value)
