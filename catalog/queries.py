"""Reading the catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from api.problems import NotFound
from catalog.models import Category, Product, Variant

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser


BRANCH = """
    WITH RECURSIVE branch AS (
        SELECT id FROM catalog_category WHERE %s IN (slug, id::text)
        UNION
        SELECT below.id FROM catalog_category below JOIN branch ON below.parent_id = branch.id
    )
    SELECT id FROM branch
"""
"""A category, named by its id or its slug, and all that lie below it."""


def products_for_sale(
    *, search: str = "", category: str = "", in_stock: bool | None = None, code: str = ""
) -> QuerySet[Product]:
    """What a shop window lists, for everyone alike; with category and variants in two queries.

    `search` must have each of its words in name, code or description; `category` is an id or a slug, and stands for its
    whole branch.
    """
    products = _whole_products().filter(status=Product.Status.ACTIVE)
    for word in search.split():
        products = products.filter(Q(name__icontains=word) | Q(code__icontains=word) | Q(description__icontains=word))
    if category:
        products = products.filter(category__in=RawSQL(BRANCH, [category]))  # noqa: S611  (its text is a constant)
    if code:
        products = products.filter(code__iexact=code)
    if in_stock is not None:
        stocked = Exists(Variant.objects.filter(product=OuterRef("pk"), stock__gt=0))
        products = products.filter(stocked if in_stock else ~stocked)
    return products


def visible_product(*, product_id: UUID, user: AbstractBaseUser | AnonymousUser) -> Product:
    """A product whole. Raises NotFound for one that is not there, or a draft or archived one for others than staff."""
    product = _whole_products().filter(id=product_id).first()
    if product is None or not product.may_be_seen_by(user):
        raise NotFound("There is no such product.")
    return product


def category_by_id(*, category_id: UUID) -> Category:
    category = Category.objects.filter(id=category_id).first()
    if category is None:
        raise NotFound("There is no such category.")
    return category


def category_named(name: str) -> Category | None:
    """The category whose id or slug is `name`."""
    return Category.objects.filter(_named(name)).first()


def _whole_products() -> QuerySet[Product]:
    return Product.objects.select_related("category").prefetch_related("variants")


def _named(name: str) -> Q:
    try:
        return Q(slug=name) | Q(id=UUID(name))
    except ValueError:
        return Q(slug=name)
