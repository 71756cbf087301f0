"""The JSON of a product: the one definition, for lists, single products, events, exports and the audit.

PostgreSQL writes it, in one statement for any number of products, because that is several times faster than to build
objects of the rows and JSON of the objects (docs/decisions.md has the figures). `FIELDS` is that definition: what a
field is called, and the SQL for it, of a product `p`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import connection

from catalog.models import Product
from catalog.money import DIGITS


def _in(digits: int) -> str:
    return ", ".join(f"'{code}'" for code, has in DIGITS.items() if has == digits)


def _money(amount: str) -> str:
    """With the currency's own number of digits, as `catalog.money.money` writes it."""
    digits = f"CASE WHEN p.currency IN ({_in(0)}) THEN 0 WHEN p.currency IN ({_in(3)}) THEN 3 ELSE 2 END"
    return f"round({amount}, {digits})::text"


def _time(column: str) -> str:
    return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


CATEGORY = """(
    SELECT row_to_json(one) FROM (
        SELECT c.id, c.name, c.slug FROM catalog_category c WHERE c.id = p.category_id
    ) one
)"""
CATEGORY_WITH_PATH = """(
    WITH RECURSIVE above AS (
        SELECT id, name, slug, parent_id, 0 AS distance FROM catalog_category WHERE id = p.category_id
        UNION ALL
        SELECT c.id, c.name, c.slug, c.parent_id, distance + 1
        FROM catalog_category c JOIN above ON c.id = above.parent_id WHERE distance < 100
    )
    SELECT row_to_json(one) FROM (
        SELECT id, name, slug, parent_id, (
            SELECT json_agg(step) FROM (SELECT id, name, slug FROM above ORDER BY distance DESC) step
        ) AS path FROM above WHERE distance = 0
    ) one
)"""


def _variants(more: str = "") -> str:
    return f"""(
        SELECT COALESCE(json_agg(one), '[]') FROM (
            SELECT v.sku, {_money("v.price")} AS price, v.stock, v.attributes{more}
            FROM catalog_variant v WHERE v.product_id = p.id ORDER BY v.id
        ) one
    )"""


IMAGES = """(
    SELECT COALESCE(json_agg(one), '[]') FROM (
        SELECT i.id, %(media)s || i.key AS url,
            %(media)s || COALESCE(NULLIF(i.thumbnail_key, ''), i.key) AS thumbnail_url, i.alt
        FROM catalog_productimage i WHERE i.product_id = p.id ORDER BY i.position, i.id
    ) one
)"""
FIELDS = {
    "id": "p.id",
    "code": "p.code",
    "name": "p.name",
    "slug": "p.slug",
    "description": "p.description",
    "model": "p.model",
    "product_url": "p.product_url",
    "status": "p.status",
    "category": CATEGORY,
    "tax_rate": "p.tax_rate::text",
    "currency": "p.currency",
    "price": _money("p.price"),
    "attributes": "p.attributes",
    "variants": _variants(),
    "images": IMAGES,
    "created_at": _time("p.created_at"),
    "updated_at": _time("p.updated_at"),
}
"""Field → SQL, of a product `p`; `%(media)s` is where images are read, see `parameters`."""

EXPANSIONS = {"category": CATEGORY_WITH_PATH, "variants": _variants(", v.low_stock")}
"""What `expand=` can ask for: the field with more in it."""


def document(fields: Collection[str] = (), expand: Collection[str] = ()) -> str:
    """The SQL expression of a product's JSON text; `fields` are the ones wanted, all by default."""
    wanted = [name for name in FIELDS if name in fields] if fields else list(FIELDS)
    sql = FIELDS | {name: EXPANSIONS[name] for name in expand}
    columns = ", ".join(f"{sql[name]} AS {name}" for name in wanted)
    return f"(SELECT row_to_json(one)::text FROM (SELECT {columns}) one)"


def parameters() -> dict[str, Any]:
    """What the SQL of `document` wants besides the row."""
    return {"media": settings.MEDIA_URL}


DOCUMENT = document()


def product_json(product: Product) -> dict[str, Any]:
    """A product as the contract shows it, as the database holds it now."""
    return products_json([product.id])[product.id]


def products_json(ids: Iterable[UUID], expand: Collection[str] = ()) -> dict[UUID, dict[str, Any]]:
    """The JSON of each product that there is, in one query."""
    return {id: orjson.loads(text) for id, text in product_texts(ids, expand).items()}


def product_texts(ids: Iterable[UUID], expand: Collection[str] = ()) -> dict[UUID, str]:
    """As `products_json`, written out."""
    text = document(expand=expand) if expand else DOCUMENT
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT p.id, {text} FROM catalog_product p WHERE p.id = ANY(%(ids)s)", {"ids": list(ids), **parameters()}
        )
        return dict(cursor.fetchall())
