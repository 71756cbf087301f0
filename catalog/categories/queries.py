"""Reading categories."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from api.problems import Invalid, NotFound
from catalog.categories import tree
from catalog.models import Category


def categories() -> QuerySet[Category]:
    """All of them, with what they define: two queries."""
    return Category.objects.prefetch_related("attribute_definitions")


def category_at(name: str) -> Category:
    """The category whose id or slug is `name`, with what it defines. Raises NotFound."""
    category = categories().filter(_named(name)).first()
    if category is None:
        raise NotFound("There is no such category.")
    return category


def existing_category(name: str | None, field: str) -> Category | None:
    """The category that a body's `field` names by id or slug; it stays until the transaction ends. Raises Invalid."""
    if name is None:
        return None
    tree.share()
    category = Category.objects.filter(_named(name)).first()
    if category is None:
        raise Invalid(field, "category_not_found", "There is no category with this id or slug.")
    return category


def _named(name: str) -> Q:
    try:
        return Q(slug=name) | Q(id=UUID(name))
    except ValueError:
        return Q(slug=name)
