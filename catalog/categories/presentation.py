"""The JSON of a category."""

from __future__ import annotations

from typing import Any

from catalog.models import Category


def category_json(category: Category) -> dict[str, Any]:
    """As the contract shows it, and the attributes that it defines itself; prefetch `attribute_definitions`."""
    return {
        "id": str(category.id),
        "name": category.name,
        "slug": category.slug,
        "parent_id": str(category.parent_id) if category.parent_id else None,
        "attributes": [
            {"name": one.name, "type": one.type, "choices": one.choices} for one in category.attribute_definitions.all()
        ],
    }
