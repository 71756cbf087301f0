"""The catalog as a CSV file that an import takes back without a change, streamed in memory of one size."""

from __future__ import annotations

import csv
import io
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Any

import orjson
from django.db import connection
from django.http import StreamingHttpResponse

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
    """Of one status or all, of a category's branch or all; a category that is not there has no products.

    A database that cannot be reached is told before the answer begins. Should it fail later, the answer ends in the
    middle of its last chunk, and the client sees that it is not whole.
    """
    filters = Filters(
        statuses=[status] if status else list(Product.Status.values),
        branch=branch_of(category) if category else None,
    )
    chunks = _chunks(filters)
    first = next(chunks)
    answer = StreamingHttpResponse(_all(first, chunks), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="products.csv"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def _chunks(filters: Filters) -> Generator[bytes, None, None]:
    where, values = filters.where()
    columns = (*FIXED, *(f"{ATTRIBUTE}{name}" for name in _names(where, values)))
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(columns)
    # A cursor of the server's, which outlives no connection and needs no transaction to stay open in.
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            f"SELECT {document(PRODUCT_FIELDS)} FROM catalog_product p WHERE {where} ORDER BY p.id",
            values | parameters(),
        )
        while rows := cursor.fetchmany(AT_ONCE):
            for (text,) in rows:
                writer.writerows(written(cells, columns) for cells in cells_of(orjson.loads(text)))
            yield _taken(buffer)
    if rest := _taken(buffer):
        yield rest


def _all(first: bytes, rest: Generator[bytes, None, None]) -> Iterator[bytes]:
    with closing(rest):  # a client that goes away leaves no cursor behind
        yield first
        yield from rest


def _names(where: str, values: dict[str, Any]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(NAMES.format(where=where), values)
        return [name for (name,) in cursor.fetchall()]


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()
