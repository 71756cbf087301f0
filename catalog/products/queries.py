"""Reading products."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from accounts.rights import Right, may
from api.postgresql.statements import rows_of
from api.problems import NotFound
from catalog.models import Product

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

NO_SUCH_PRODUCT = "There is no such product."
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
    if product is None or not _is_visible(product.status, user):
        raise NotFound(NO_SUCH_PRODUCT)
    return product


def visible_document(
    document: str, parameters: Mapping[str, Any], *, name: str, user: AbstractBaseUser | AnonymousUser
) -> tuple[str, int]:
    """As `visible_product`, in one statement: what the SQL `document` of a product `p` gives, and its version."""
    id = _id(name)
    named = "slug = %(name)s" if id is None else "id = %(id)s"
    found = rows_of(
        f"SELECT {document}, p.version, p.status FROM catalog_product p WHERE p.id = COALESCE("
        f"(SELECT id FROM catalog_product WHERE {named}), "
        "(SELECT product_id FROM catalog_productslug WHERE slug = %(name)s))",
        {**parameters, "name": name, "id": id},
    )
    if not found or not _is_visible(found[0][2], user):
        raise NotFound(NO_SUCH_PRODUCT)
    text, version, _ = found[0]
    return text, version


def _is_visible(status: str, user: AbstractBaseUser | AnonymousUser) -> bool:
    """Drafts and archived products are for staff alone."""
    return status == Product.Status.ACTIVE or may(user, Right.READ_CATALOG)


def _named(name: str) -> Q:
    id = _id(name)
    return Q(slug=name) if id is None else Q(id=id)


def _id(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None
