"""The shape of the tree: who may change it when, and what it must not become.

Changes of the tree go one after another, by an advisory lock of the transaction: two that move branches into each
other at once would each see a tree without a cycle. Whoever hangs a product in a category shares the lock, so that no
category is deleted, renamed or moved while products are on their way into it.
"""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from api.problems import Invalid
from catalog.models import Category

LOCK = 0x74726565  # "tree": any number that nothing else in this database locks
MAX_DEPTH = 20
"""Levels from the root. A product's search words and its path are found by climbing them, and nobody browses deeper."""

ABOVE = """
    WITH RECURSIVE above AS (
        SELECT id, parent_id, 1 AS depth FROM catalog_category WHERE id = %s
        UNION ALL
        SELECT c.id, c.parent_id, depth + 1
        FROM catalog_category c JOIN above ON c.id = above.parent_id WHERE depth < 100
    )
    SELECT id FROM above
"""
HEIGHT = """
    WITH RECURSIVE below AS (
        SELECT id, 1 AS depth FROM catalog_category WHERE id = %s
        UNION ALL
        SELECT c.id, depth + 1 FROM catalog_category c JOIN below ON c.parent_id = below.id WHERE depth < 100
    )
    SELECT COALESCE(max(depth), 1) FROM below
"""


def hold() -> None:
    """Waits until nobody else changes the tree or hangs products in it; until the transaction's end nobody can."""
    _lock("pg_advisory_xact_lock")


def share() -> None:
    """Keeps the tree as it is until the transaction's end. Whoever holds it waits for no row lock: no deadlock."""
    _lock("pg_advisory_xact_lock_shared")


def check(category: Category) -> None:
    """Raises Invalid (400) where the category's parent would lie below it, or a branch would be too deep."""
    if category.parent_id is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(ABOVE, [category.parent_id])
        above: list[UUID] = [id for (id,) in cursor.fetchall()]
        if category.id in above:
            raise Invalid("parent_id", "category_cycle", "A category cannot lie below itself.")
        cursor.execute(HEIGHT, [category.id])
        (height,) = cursor.fetchone()
    if len(above) + height > MAX_DEPTH:
        raise Invalid("parent_id", "too_deep", f"The tree has at most {MAX_DEPTH} levels.")


def _lock(function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [LOCK])
