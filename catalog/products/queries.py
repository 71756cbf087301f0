"""Reading products."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection
from django.db.models import Q

from api.problems import NotFound
from catalog.models import Product

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


def branch_of(category: str) -> list[UUID]:
    """A category, named by its id or its slug, and all that lie below it; none where there is no such category."""
    with connection.cursor() as cursor:
        cursor.execute(BRANCH, [category])
        return [id for (id,) in cursor.fetchall()]


def visible_product(*, name: str, user: AbstractBaseUser | AnonymousUser) -> Product:
    """A product by its id, its slug, or one that it once had.

    Raises NotFound for one that is not there, or a draft or archived one for others than staff.
    """
    product = Product.objects.filter(_named(name)).order_by("id").first()
    if product is None:
        product = Product.objects.filter(former_slugs__slug=name).first()
    if product is None or not product.may_be_seen_by(user):
        raise NotFound("There is no such product.")
    return product


def _named(name: str) -> Q:
    try:
        return Q(id=UUID(name))
    except ValueError:
        return Q(slug=name)
