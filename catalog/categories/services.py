"""Changing the tree of categories."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from api.problems import Invalid
from catalog.categories.queries import existing_category
from catalog.errors import SlugTaken
from catalog.models import Category


@transaction.atomic
def create_category(*, name: str, slug: str = "", parent: str | None = None) -> Category:
    """Makes a category below `parent` (an id or a slug). Raises SlugTaken (409) and Invalid (400)."""
    category = Category(name=name, slug=slug or slugify(name)[:140], parent=existing_category(parent, "parent_id"))
    if not category.slug:
        raise Invalid("slug", "required", "No slug can be made from this name: give one.")
    try:
        with transaction.atomic():
            category.save()
    except IntegrityError:
        raise SlugTaken(f"There is a category {category.slug} already.") from None
    return category
