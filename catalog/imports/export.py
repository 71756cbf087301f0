"""The catalog as a CSV file that an import takes back without a change, streamed in memory of one size."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import orjson
from django.db import connection
from django.http import StreamingHttpResponse

from api.spreadsheets import Rows, download
from catalog.imports.columns import ATTRIBUTE, FIXED, PRODUCT_FIELDS, cells_of, written
from catalog.models import Product
from catalog.products.listing import Filters
from catalog.products.presentation import document, parameters
from catalog.products.queries import branch_of

AT_ONCE = 500
"""Products read and written at a time."""
NAMES = """
    SELECT jsonb_object_keys(p.attributes) AS name FROM catalog_product p WHERE {where}
    UNION
    SELECT jsonb_object_keys(v.attributes) FROM catalog_product p JOIN catalog_variant v ON v.product_id = p.id
    WHERE {where}
    ORDER BY name
"""


def response(*, category: str | None = None, status: str | None = None) -> StreamingHttpResponse:
    """Of one status or all, of a category's branch or all; a category that is not there has no products."""
    filters = Filters(
        statuses=[status] if status else list(Product.Status.values),
        branch=branch_of(category) if category else None,
    )
    where, values = filters.where()
    columns = (*FIXED, *(f"{ATTRIBUTE}{name}" for name in _names(where, values)))
    return download("products.csv", columns, _batches(where, values, columns))


def _batches(where: str, values: dict[str, Any], columns: tuple[str, ...]) -> Generator[Rows, None, None]:
    # A cursor of the server's, which outlives no connection and needs no transaction to stay open in.
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            f"SELECT {document(PRODUCT_FIELDS)} FROM catalog_product p WHERE {where} ORDER BY p.id",
            values | parameters(),
        )
        while rows := cursor.fetchmany(AT_ONCE):
            yield (written(cells, columns) for (text,) in rows for cells in cells_of(orjson.loads(text)))


def _names(where: str, values: dict[str, Any]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(NAMES.format(where=where), values)
        return [name for (name,) in cursor.fetchall()]
