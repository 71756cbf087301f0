"""What must hold between a product, its category and its variants, beyond what each field allows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError

from api.problems import Invalid, Problem
from catalog.categories.attributes import Definition, definitions_of, errors
from catalog.errors import CodeTaken, SkuTaken, SlugTaken
from catalog.models import Product, Variant
from catalog.money import DIGITS, fits

Definitions = Callable[[UUID | None], Mapping[str, Definition]]


def check(
    product: Product,
    variants: Sequence[Variant],
    *,
    about: Variant | None = None,
    definitions: Definitions = definitions_of,
) -> None:
    """Asked before anything is written: `variants` are all that the product will have.

    Raises a Problem (400) that names each field: a price with more digits than the currency has, a SKU that stands
    twice, attributes that are not as the category defines them; and SkuTaken (409) where a sibling has the SKU. `about`
    is the one that the whole body is about, so that its fields are told as the body has them. `definitions` gives a
    category's, for who has read them already.
    """
    for index, variant in enumerate(variants):
        if not fits(variant.price, product.currency):
            digits = DIGITS[product.currency]
            field = "price" if len(variants) == 1 or variant is about else f"variants.{index}.price"
            raise Invalid(field, "too_many_digits", f"{product.currency} has {digits} digits after the point.")
    repeated = [sku for sku, times in Counter(variant.sku for variant in variants).items() if times > 1]
    if repeated and about is not None:
        raise SkuTaken(f"There is a variant {repeated[0]} already.", skus=repeated)
    if repeated:
        raise Invalid("variants", "duplicate_sku", f"{repeated[0]} stands twice.")
    _check_attributes(product, variants, about, definitions)


def _check_attributes(
    product: Product, variants: Sequence[Variant], about: Variant | None, definitions: Definitions
) -> None:
    holders: list[tuple[str, Product | Variant]] = [("", product)]
    holders += [("" if one is about else f"variants.{index}.", one) for index, one in enumerate(variants)]
    if not any(one.attributes for _, one in holders):
        return
    defined = definitions(product.category_id)
    wrong = [(one, error) for place, one in holders for error in errors(place, one.attributes, defined)]
    if wrong and (told := _newly_wrong(product, wrong)):
        raise Problem("Some attributes are not as they must be: see errors.", code="validation_error", errors=told)


def _newly_wrong(product: Product, wrong: Sequence[tuple[Product | Variant, dict[str, str]]]) -> list[dict[str, str]]:
    """Without the values that stood there before, in the same category: a definition that changed since is no reason
    to refuse a change of something else.
    """
    there = Product.objects.filter(id=product.id, category=product.category).first()
    if there is None:
        return [error for _, error in wrong]
    stood: dict[UUID, dict[str, Any]] = {there.id: there.attributes}
    stood |= {variant.id: variant.attributes for variant in there.variants.all()}

    def is_new(one: Product | Variant, name: str) -> bool:
        before, now = stood.get(one.id, {}).get(name), one.attributes[name]
        return type(before) is not type(now) or before != now

    return [error for one, error in wrong if is_new(one, error["field"].partition("attributes.")[2])]


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
