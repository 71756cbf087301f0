"""Changing the tree of categories.

Each change is one transaction that holds the tree's lock. The products of a renamed or moved branch get their new
search words by the event `CategoryChanged`, in batches: ten thousand of them took 2.0 s on an idle machine of two cores
and 7 s in a busy one, and no call should hold locks so long. Until then search knows them by the old names; lists and
filters read the tree itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.text import slugify

from api.problems import Invalid, NotFound
from catalog import audit
from catalog.categories import tree
from catalog.categories.attributes import Definition
from catalog.categories.presentation import category_json
from catalog.categories.queries import categories, existing_category
from catalog.errors import CategoryInUse, SlugTaken
from catalog.events import CategoryChanged
from catalog.models import Category, CategoryAttribute, Change, Product
from events.outbox import record

Check = Callable[[Category], None]
"""Asked once nobody else can change the category: raises where the change has been overtaken."""


@transaction.atomic
def create_category(
    *, name: str, slug: str = "", parent: str | None = None, attributes: Sequence[Definition] = (), by: str = ""
) -> Category:
    """Makes a category below `parent` (an id or a slug); without a slug, it gets one from its name.

    Raises SlugTaken (409) and Invalid (400).
    """
    tree.hold()
    category = Category(name=name, slug=slug or slugify(name)[:140], parent=existing_category(parent, "parent_id"))
    return save_category(category=category, attributes=attributes, by=by)


@transaction.atomic
def update_category(
    *, category_id: UUID, facts: Mapping[str, Any], by: str, unless_overtaken: Check | None = None
) -> Category:
    """Changes those of `name`, `slug`, `parent` (an id, a slug or None) and `attributes` that are in `facts`.

    Raises NotFound (404), SlugTaken (409) and Invalid (400).
    """
    tree.hold()
    category = _there(category_id, unless_overtaken)
    for name in ("name", "slug"):
        setattr(category, name, facts.get(name, getattr(category, name)))
    if "parent" in facts:
        category.parent = existing_category(facts["parent"], "parent_id")
    return save_category(category=category, attributes=facts.get("attributes"), by=by)


@transaction.atomic
def save_category(*, category: Category, attributes: Sequence[Definition] | None = None, by: str) -> Category:
    """Writes a new or changed category, and `attributes` as all that it defines; without them, those stay.

    What changes nothing leaves no trace: no version, audit row or event. Raises SlugTaken (409), and Invalid (400)
    with `category_cycle` or `too_deep` for a parent that cannot be.
    """
    tree.hold()
    is_new = category._state.adding
    before = {} if is_new else category_json(_there(category.id))
    _check_slug(category.slug)
    tree.check(category)
    try:
        with transaction.atomic():
            category.save(force_insert=is_new, update_fields=None if is_new else ["name", "slug", "parent"])
    except IntegrityError as error:
        if "slug" not in (getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""):
            raise
        category._state.adding = is_new
        raise SlugTaken(f"There is a category {category.slug} already.") from None
    if attributes is not None:
        _define(category, attributes)
    changes = audit.differences(before, category_json(_there(category.id)))
    if changes:
        _tell(category, changes, by, is_new=is_new)
    return _there(category.id)


@transaction.atomic
def delete_category(*, category_id: UUID, by: str, unless_overtaken: Check | None = None) -> None:
    """Raises NotFound (404), and CategoryInUse (409) while products or other categories are in it."""
    tree.hold()
    category = _there(category_id, unless_overtaken)
    children, products = category.children.count(), Product.objects.filter(category=category).count()
    if children or products:
        raise CategoryInUse(f"It holds {children} categories and {products} products.")
    _note(category, Change.Action.DELETED, audit.differences(category_json(category), {}), by)
    category.delete()


def _there(category_id: UUID, unless_overtaken: Check | None = None) -> Category:
    category = categories().filter(id=category_id).first()
    if category is None:
        raise NotFound("There is no such category.")
    if unless_overtaken is not None:
        unless_overtaken(category)
    return category


def _check_slug(slug: str) -> None:
    if not slug:
        raise Invalid("slug", "required", "No slug can be made from this name: give one.")
    try:
        UUID(slug)
    except ValueError:
        return
    raise Invalid("slug", "reserved", f"{slug} cannot be a slug, for it reads as an id.")


def _define(category: Category, attributes: Sequence[Definition]) -> None:
    category.attribute_definitions.exclude(name__in=[one.name for one in attributes]).delete()
    CategoryAttribute.objects.bulk_create(
        (
            CategoryAttribute(category=category, name=one.name, type=one.type, choices=list(one.choices))
            for one in attributes
        ),
        update_conflicts=True,
        unique_fields=["category", "name"],
        update_fields=["type", "choices"],
    )


def _tell(category: Category, changes: Mapping[str, list[Any]], by: str, *, is_new: bool) -> None:
    if is_new:
        _note(category, Change.Action.CREATED, changes, by)
        return
    Category.objects.filter(id=category.id).update(version=F("version") + 1)
    _note(category, Change.Action.UPDATED, changes, by)
    record(
        CategoryChanged(
            category_id=str(category.id),
            changed=list(changes),
            name=category.name,
            slug=category.slug,
            parent_id=str(category.parent_id) if category.parent_id else None,
        )
    )


def _note(category: Category, action: Change.Action, changes: Mapping[str, list[Any]], by: str) -> None:
    audit.note(kind="category", subject_id=category.id, name=category.name, action=action, changes=changes, by=by)
