"""What must hold between a product, its category and its variants, beyond what each field allows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError

from api.problems import Invalid
from catalog.errors import CodeTaken, SkuTaken, SlugTaken
from catalog.models import Product, Variant
from catalog.money import DIGITS, fits


def check(product: Product, variants: Sequence[Variant]) -> None:
    """Raises Invalid (400) for a price with more digits than the currency has, and a SKU that stands twice."""
    for index, variant in enumerate(variants):
        if not fits(variant.price, product.currency):
            digits = DIGITS[product.currency]
            field = "price" if len(variants) == 1 else f"variants.{index}.price"
            raise Invalid(field, "too_many_digits", f"{product.currency} has {digits} digits after the point.")
    repeated = [sku for sku, times in Counter(variant.sku for variant in variants).items() if times > 1]
    if repeated:
        raise Invalid("variants", "duplicate_sku", f"{repeated[0]} stands twice.")


def broken_constraint(error: IntegrityError, named: Sequence[Any]) -> Exception:
    """The refusal that a broken constraint stands for; any other broken constraint is a fault of ours and stays one.

    `named` holds the product and the variants that were written.
    """
    constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
    product = next(one for one in named if isinstance(one, Product))
    if constraint == "product_code_once_in_any_case":
        return CodeTaken(f"There is a product {product.code} already.")
    if constraint.startswith("catalog_product_slug"):
        return SlugTaken(f"There is a product with the slug {product.slug} already.")
    if constraint.startswith("catalog_variant_sku"):
        written = {one.sku: one.id for one in named if isinstance(one, Variant)}
        there = Variant.objects.filter(sku__in=written).values_list("sku", "id")
        skus = sorted(sku for sku, id in there if id != written[sku])
        return SkuTaken(f"There is a variant {', '.join(skus)} already.", skus=skus)
    return error
