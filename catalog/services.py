"""Changing the catalog. Stock is in `stock.py`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Min
from django.utils import timezone
from django.utils.text import slugify

from api.problems import Invalid
from catalog import queries, stock
from catalog.errors import CodeTaken, SkuTaken, SlugTaken
from catalog.events import ProductCreated
from catalog.models import Category, Product, Variant, canonical_sku
from catalog.money import DIGITS, fits
from catalog.presentation import product_json
from events.outbox import record

MAX_TOLD = 200_000
"""Bytes of a product's JSON: ProductCreated carries it, and one message takes 256 KiB (SNS, SQS, EventBridge)."""


@dataclass(frozen=True, kw_only=True)
class VariantFacts:
    """A variant to be made: price gross in the product's currency, stock in units."""

    sku: str
    price: Decimal
    stock: int = 0
    attributes: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def create_product(
    *,
    code: str,
    name: str,
    variants: Sequence[VariantFacts],
    by: str,
    currency: str = "",
    description: str = "",
    model: str = "",
    product_url: str = "",
    category: str | None = None,
    tax_rate: Decimal = Decimal(0),
    attributes: dict[str, Any] | None = None,
) -> Product:
    """Makes a product that is for sale at once, its variants and the first lines of their ledger.

    `category` is an id or a slug, `tax_rate` per cent. Raises CodeTaken, SkuTaken (409), and Invalid (400) for a
    category that is not there, a SKU that stands twice, and a price with more digits than the currency has.
    """
    product = Product(
        code=code,
        name=name,
        description=description,
        model=model,
        product_url=product_url,
        category=_existing(category, "category"),
        tax_rate=tax_rate,
        currency=currency or settings.SHOP_CURRENCY,
        attributes=attributes or {},
    )
    made = [
        Variant(
            product=product,
            sku=canonical_sku(facts.sku),
            price=facts.price,
            stock=facts.stock,
            attributes=facts.attributes,
        )
        for facts in variants
    ]
    _check(product, made)
    for slug in _slugs(product):
        product.slug = slug
        try:
            return save_product(product=product, variants=made, by=by)
        except SlugTaken:
            continue
    raise SlugTaken("No free slug was found for this name.")


@transaction.atomic
def save_product(*, product: Product, variants: Sequence[Variant], by: str) -> Product:
    """Writes a new or changed product with those of its variants that are new or changed.

    A new product records ProductCreated; a changed one gets the next version. Raises CodeTaken, SkuTaken and SlugTaken.
    """
    new = product._state.adding
    fresh = [variant for variant in variants if variant._state.adding]
    if new:
        product.price = min((variant.price for variant in fresh), default=Decimal(0))
    product.updated_at = timezone.now()
    product.version = 1 if new else product.version + 1
    try:
        with transaction.atomic():
            product.save()
            stock.lock(variant.id for variant in variants if variant not in fresh)
            for variant in variants:
                variant.product = product
                if variant not in fresh:
                    # Not the stock: to write back the number that was read would undo a sale.
                    variant.save(update_fields=["sku", "price", "attributes"])
            Variant.objects.bulk_create(fresh)
            if not new:
                _keep_price(product)
    except IntegrityError as error:
        product._state.adding = new
        for variant in fresh:
            variant._state.adding = True
        raise _taken(error, product, variants) from None
    stock.open_ledger(fresh, by=by)
    if new:
        body = product_json(product)
        if len(json.dumps(body)) > MAX_TOLD:
            raise Invalid("", "too_large", f"Texts and attributes together take more than {MAX_TOLD} bytes.")
        record(ProductCreated(product_id=str(product.id), code=product.code, product=body))
    return product


@transaction.atomic
def create_category(*, name: str, slug: str = "", parent: str | None = None) -> Category:
    """Makes a category below `parent` (an id or a slug). Raises SlugTaken (409) and Invalid (400)."""
    category = Category(name=name, slug=slug or slugify(name)[:140], parent=_existing(parent, "parent_id"))
    if not category.slug:
        raise Invalid("slug", "required", "No slug can be made from this name: give one.")
    try:
        with transaction.atomic():
            category.save()
    except IntegrityError:
        raise SlugTaken(f"There is a category {category.slug} already.") from None
    return category


def _existing(name: str | None, field: str) -> Category | None:
    if name is None:
        return None
    category = queries.category_named(name)
    if category is None:
        raise Invalid(field, "category_not_found", "There is no category with this id or slug.")
    return category


def _keep_price(product: Product) -> None:
    cheapest = Variant.objects.filter(product=product).aggregate(price=Min("price"))["price"]
    if cheapest is not None and cheapest != product.price:
        product.price = cheapest
        product.save(update_fields=["price"])


def _check(product: Product, variants: Sequence[Variant]) -> None:
    for index, variant in enumerate(variants):
        if not fits(variant.price, product.currency):
            digits = DIGITS[product.currency]
            field = "price" if len(variants) == 1 else f"variants.{index}.price"
            raise Invalid(field, "too_many_digits", f"{product.currency} has {digits} digits after the point.")
    repeated = [sku for sku, times in Counter(variant.sku for variant in variants).items() if times > 1]
    if repeated:
        raise Invalid("variants", "duplicate_sku", f"{repeated[0]} stands twice.")


def _slugs(product: Product) -> list[str]:
    """The slugs to try, from the prettiest to one that is certainly free."""
    name = slugify(product.name)[:170] or "product"
    pretty = [name, f"{name}-{slugify(product.code)}".strip("-")]
    taken = set(Product.objects.filter(slug__in=pretty).values_list("slug", flat=True))
    return [slug for slug in pretty if slug not in taken] + [f"{name}-{product.id.hex[-12:]}"]


def _taken(error: IntegrityError, product: Product, variants: Sequence[Variant]) -> Exception:
    """The refusal that a broken constraint stands for; any other broken constraint is a fault of ours and stays one."""
    constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
    if constraint == "product_code_once_in_any_case":
        return CodeTaken(f"There is a product {product.code} already.")
    if constraint.startswith("catalog_product_slug"):
        return SlugTaken(f"There is a product with the slug {product.slug} already.")
    if constraint.startswith("catalog_variant_sku"):
        skus = [variant.sku for variant in variants]
        there = Variant.objects.filter(sku__in=skus).exclude(product=product).values_list("sku", flat=True)
        return SkuTaken(f"There is a variant {', '.join(sorted(there))} already.", skus=sorted(there))
    return error
