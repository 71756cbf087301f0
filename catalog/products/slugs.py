"""The readable part of a product's address: one at a time, and the former ones still lead to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.utils.text import slugify

from api.problems import Invalid
from catalog.models import Product, ProductSlug

RESERVED = frozenset({"bulk", "export", "import"})
"""Addresses below `/products/` that are calls of their own."""


def checked(slug: str) -> str:
    """`slug`, unless it could be taken for a call or an id. Raises Invalid (400)."""
    if slug in RESERVED or _is_id(slug):
        raise Invalid("slug", "reserved", f"{slug} cannot be a slug, for it means something else in an address.")
    return slug


def candidates(product: Product) -> list[str]:
    """The slugs to try for a new product, from the prettiest to one that is certainly free."""
    pretty = _pretty(product)
    taken = _taken(pretty)
    return [*(slug for slug in pretty if slug not in taken), _certain(product)]


def give(products: Sequence[Product]) -> None:
    """Gives each of these new products the prettiest slug that is free, in a constant number of queries."""
    pretty = {product.id: _pretty(product) for product in products}
    taken = _taken(slug for slugs in pretty.values() for slug in slugs)
    for product in products:
        product.slug = next((slug for slug in pretty[product.id] if slug not in taken), _certain(product))
        taken.add(product.slug)


def _pretty(product: Product) -> list[str]:
    name = slugify(product.name)[:170] or "product"
    slugs = (name, f"{name}-{slugify(product.code)}".strip("-"))
    return [slug for slug in slugs if slug not in RESERVED and not _is_id(slug)]


def _taken(slugs: Iterable[str]) -> set[str]:
    wanted = set(slugs)
    taken = set(Product.objects.filter(slug__in=wanted).values_list("slug", flat=True))
    return taken | set(ProductSlug.objects.filter(slug__in=wanted).values_list("slug", flat=True))


def _certain(product: Product) -> str:
    return f"{slugify(product.name)[:170] or 'product'}-{product.id.hex[-12:]}"


def remember(former: str, product: Product) -> None:
    """Keeps `former` for the product where it has another slug now."""
    if former != product.slug:
        take(product)
        ProductSlug.objects.update_or_create(slug=former, defaults={"product": product})


def take(product: Product) -> None:
    """The slug that a product has now is no other product's former one."""
    ProductSlug.objects.filter(slug=product.slug).delete()


def _is_id(slug: str) -> bool:
    try:
        UUID(slug)
    except ValueError:
        return False
    return True
