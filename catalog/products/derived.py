"""The columns of a product that follow from others: one statement works them out for any number of products.

Whoever writes products, variants, or the names of categories calls `refresh` afterwards, in the same transaction.
Stock alone has its own, cheaper way (`catalog/stock.py`), because every order changes it.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.conf import settings
from django.db import connection

MAX_TEXT = 200_000
"""Bytes of description and attributes together. PostgreSQL makes no tsvector of more than 1 MiB; and a product of
longer texts is refused by what writes it, once all of it is known: its JSON has more than `writing.MAX_TOLD`."""
FITS = f"COALESCE(octet_length(t.texts), 0) + octet_length(p.description) <= {MAX_TEXT}"

BRANCH_NAMES = """(
    WITH RECURSIVE above AS (
        SELECT id, name, parent_id, 1 AS depth FROM catalog_category WHERE id = p.category_id
        UNION ALL
        SELECT c.id, c.name, c.parent_id, depth + 1
        FROM catalog_category c JOIN above ON c.id = above.parent_id WHERE depth < 100
    )
    SELECT string_agg(name, ' ') FROM above
)"""

# Each text twice: as it is written, for prefixes, and reduced to the stems of the shop's language.
REFRESH = f"""
    WITH facts AS MATERIALIZED (
        SELECT p.id, v.price, v.in_stock, t.traits,
            catalog_plain(concat_ws(' ', p.name, p.code, p.model, v.skus)) AS a,
            catalog_plain(COALESCE({BRANCH_NAMES}, '')) AS b,
            CASE WHEN {FITS} THEN catalog_plain(COALESCE(t.texts, '')) ELSE '' END AS c,
            CASE WHEN {FITS} THEN catalog_plain(p.description) ELSE '' END AS d
        FROM catalog_product p
        CROSS JOIN LATERAL (
            SELECT COALESCE(min(price), 0) AS price, COALESCE(bool_or(stock > 0), false) AS in_stock,
                string_agg(sku, ' ') AS skus
            FROM catalog_variant WHERE product_id = p.id
        ) v
        CROSS JOIN LATERAL (
            SELECT COALESCE(array_agg(DISTINCT key || '=' || text), '{{}}') AS traits, string_agg(text, ' ') AS texts
            FROM (
                SELECT p.attributes UNION ALL SELECT attributes FROM catalog_variant WHERE product_id = p.id
            ) AS sources (attributes)
            CROSS JOIN LATERAL (
                SELECT key, CASE jsonb_typeof(value) WHEN 'number' THEN trim_scale((value #>> '{{}}')::numeric)::text
                    ELSE value #>> '{{}}' END AS text
                FROM jsonb_each(sources.attributes)
            ) each
        ) t
        WHERE p.id = ANY(%(ids)s)
    ), words AS (
        INSERT INTO catalog_searchword (word)
        SELECT DISTINCT w.word
        FROM facts, unnest(tsvector_to_array(to_tsvector('simple', concat_ws(' ', a, b, c, d)))) AS w (word)
        WHERE length(w.word) BETWEEN 3 AND 100 AND w.word !~ '^[0-9]+$'
            AND NOT EXISTS (SELECT FROM catalog_searchword known WHERE known.word = w.word)
        ORDER BY w.word  -- one order for everybody, so that two that add the same words cannot deadlock
        ON CONFLICT DO NOTHING
    )
    UPDATE catalog_product p SET price = f.price, in_stock = f.in_stock, traits = f.traits, search =
        setweight(to_tsvector('simple', f.a) || to_tsvector(%(language)s::regconfig, f.a), 'A') ||
        setweight(to_tsvector('simple', f.b) || to_tsvector(%(language)s::regconfig, f.b), 'B') ||
        setweight(to_tsvector('simple', f.c) || to_tsvector(%(language)s::regconfig, f.c), 'C') ||
        setweight(to_tsvector('simple', f.d) || to_tsvector(%(language)s::regconfig, f.d), 'D')
    FROM facts f WHERE p.id = f.id
"""


def refresh(ids: Collection[UUID]) -> None:
    """Works out price, `in_stock`, traits and search words of these products. Lock them before."""
    with connection.cursor() as cursor:
        cursor.execute(REFRESH, {"ids": list(ids), "language": settings.SEARCH_LANGUAGE})
