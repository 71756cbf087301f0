"""Reading categories."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from api.problems import Invalid, NotFound
from catalog.models import Category


def category_by_id(*, category_id: UUID) -> Category:
    category = Category.objects.filter(id=category_id).first()
    if category is None:
        raise NotFound("There is no such category.")
    return category


def category_named(name: str) -> Category | None:
    """The category whose id or slug is `name`."""
    return Category.objects.filter(_named(name)).first()


def existing_category(name: str | None, field: str) -> Category | None:
    """The category that a body's `field` names by id or slug. Raises Invalid (400)."""
    if name is None:
        return None
    category = category_named(name)
    if category is None:
        raise Invalid(field, "category_not_found", "There is no category with this id or slug.")
    return category


def _named(name: str) -> Q:
    try:
        return Q(slug=name) | Q(id=UUID(name))
    except ValueError:
        return Q(slug=name)
