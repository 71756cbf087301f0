"""The tree of categories as a list: each below its parent, siblings by name."""

from __future__ import annotations

from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import IntegerField, TextField
from django.db.models.expressions import RawSQL

TREE = """
    WITH RECURSIVE tree AS (
        SELECT id, name, 0 AS depth, ARRAY[lower(name) || ' ' || id] AS place
        FROM catalog_category WHERE parent_id IS NULL
        UNION ALL
        SELECT c.id, c.name, depth + 1, place || (lower(c.name) || ' ' || c.id)
        FROM catalog_category c JOIN tree ON c.parent_id = tree.id WHERE depth < 100
    )
    SELECT id, name, depth FROM tree ORDER BY place
"""

# Of the row of catalog_category that the query is about.
PLACE = RawSQL(
    """(
        WITH RECURSIVE above AS (
            SELECT catalog_category.name, catalog_category.id, catalog_category.parent_id, 0 AS distance
            UNION ALL
            SELECT c.name, c.id, c.parent_id, distance + 1
            FROM catalog_category c JOIN above ON c.id = above.parent_id WHERE distance < 100
        )
        SELECT array_agg(lower(name) || ' ' || id ORDER BY distance DESC) FROM above
    )""",
    [],
    output_field=ArrayField(TextField()),
)
IN_BRANCH = RawSQL(
    """(
        WITH RECURSIVE branch AS (
            SELECT catalog_category.id
            UNION
            SELECT c.id FROM catalog_category c JOIN branch ON c.parent_id = branch.id
        )
        SELECT count(*) FROM catalog_product p JOIN branch ON p.category_id = branch.id
    )""",
    [],
    output_field=IntegerField(),
)
IN_ITSELF = RawSQL(
    "(SELECT count(*) FROM catalog_product p WHERE p.category_id = catalog_category.id)",
    [],
    output_field=IntegerField(),
)
DEFINED = RawSQL(
    "(SELECT string_agg(a.name, ', ' ORDER BY a.name) FROM catalog_categoryattribute a"
    " WHERE a.category_id = catalog_category.id)",
    [],
    output_field=TextField(),
)
INDENT = "\u2007\u2007"  # figure spaces, which a list of options keeps


def indented() -> list[tuple[UUID, str]]:
    """Every category in the tree's order, its name indented by its depth; in one query."""
    with connection.cursor() as cursor:
        cursor.execute(TREE)
        return [(id, f"{INDENT * depth}{'└ ' if depth else ''}{name}") for id, name, depth in cursor.fetchall()]
