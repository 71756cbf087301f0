"""Changing one variant of a product. It is told as a change of the product, whose JSON holds it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from api.problems import NotFound
from catalog.errors import LastVariant
from catalog.models import Product, Variant
from catalog.models.fields import canonical_sku
from catalog.products.checks import check
from catalog.products.services import Check, VariantFacts, change_product
from catalog.products.writing import add_variants, remove_variants


@transaction.atomic
def add_variant(*, product_id: UUID, facts: VariantFacts, by: str, unless_overtaken: Check | None = None) -> Variant:
    """One more variant. Raises SkuTaken (409) and Invalid (400)."""
    named: list[Any] = []
    made: list[Variant] = []

    def work(product: Product) -> None:
        made.append(facts.of(product))
        check(product, [*product.variants.all(), *made], about=made[0])
        named.extend([product, *made])
        add_variants(made, by=by)

    change_product(product_id=product_id, work=work, by=by, unless_overtaken=unless_overtaken, named=named)
    return made[0]


@transaction.atomic
def update_variant(*, sku: str, facts: Mapping[str, Any], by: str, unless_overtaken: Check | None = None) -> Variant:
    """Changes a variant's `sku`, `price`, `attributes` or `low_stock`."""
    named: list[Any] = []
    changed: list[Variant] = []

    def work(product: Product) -> None:
        variants = list(product.variants.all())
        changed.extend(_one(variants, sku))
        for name, value in facts.items():
            setattr(changed[0], name, canonical_sku(value) if name == "sku" else value)
        check(product, variants, about=changed[0])
        named.extend([product, *changed])
        changed[0].save(update_fields=["sku", "price", "low_stock", "attributes"])

    change_product(product_id=_product_of(sku), work=work, by=by, unless_overtaken=unless_overtaken, named=named)
    return changed[0]


@transaction.atomic
def delete_variant(*, sku: str, by: str, unless_overtaken: Check | None = None) -> None:
    """Raises LastVariant, and VariantOrdered where an order points to it (409)."""

    def work(product: Product) -> None:
        variants = list(product.variants.all())
        if len(variants) == 1:
            raise LastVariant("A product keeps at least one variant: delete the product instead.")
        remove_variants(_one(variants, sku))

    change_product(product_id=_product_of(sku), work=work, by=by, unless_overtaken=unless_overtaken)


def _product_of(sku: str) -> UUID:
    product_id = Variant.objects.filter(sku=canonical_sku(sku)).values_list("product_id", flat=True).first()
    if product_id is None:
        raise NotFound("There is no such variant.")
    return product_id


def _one(variants: Iterable[Variant], sku: str) -> list[Variant]:
    found = [variant for variant in variants if variant.sku == canonical_sku(sku)]
    if not found:  # it moved between the look and the lock
        raise NotFound("There is no such variant.")
    return found
