"""Changing products. One variant alone is changed in `catalog/variants/`, stock in `catalog/stock.py`.

All of it is written by `catalog/products/writing.py`, which locks, and tells what was changed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from api.problems import Invalid
from catalog import audit
from catalog.categories.queries import existing_category
from catalog.errors import LastVariant, SlugTaken
from catalog.events import ProductDeleted
from catalog.models import Change, Product, StockMovement, Variant
from catalog.models.fields import canonical_sku
from catalog.products import slugs
from catalog.products.checks import broken_constraint, check
from catalog.products.presentation import products_json
from catalog.products.writing import add_variants, change_variants, lock, remove_variants, write
from events.outbox import record

PLAIN = ("code", "name", "description", "model", "product_url", "status", "tax_rate", "currency", "attributes")
"""The fields of a product that are written as they come."""

Check = Callable[[Product], None]
"""Asked once the product is locked: raises where the change has been overtaken."""


@dataclass(frozen=True, kw_only=True)
class VariantFacts:
    """A variant to be made: price in the product's currency, stock in units."""

    sku: str
    price: Decimal
    stock: int = 0
    low_stock: int | None = None
    attributes: dict[str, Any] = field(default_factory=dict)

    def of(self, product: Product) -> Variant:
        return Variant(
            product=product,
            sku=canonical_sku(self.sku),
            price=self.price,
            stock=self.stock,
            low_stock=self.low_stock,
            attributes=self.attributes,
        )


@transaction.atomic
def create_product(
    *, variants: Sequence[VariantFacts], by: str, category: str | None = None, slug: str = "", **facts: Any
) -> Product:
    """Makes a product, its variants and the first lines of their ledger. It is for sale unless `status` says no.

    `facts` are those of `PLAIN`, `code` and `name` among them; `category` is an id or a slug, `tax_rate` per cent.
    Raises CodeTaken, SkuTaken, SlugTaken (409), and Invalid (400) for a category that is not there, a SKU that stands
    twice, attributes of the wrong type, and a price with more digits than the currency has.
    """
    facts["currency"] = facts.get("currency") or settings.SHOP_CURRENCY
    product = Product(category=existing_category(category, "category"), **facts)
    made = [one.of(product) for one in variants]
    check(product, made)
    for candidate in [slugs.checked(slug)] if slug else slugs.candidates(product):
        product.slug = candidate
        try:
            return _make(product, made, by)
        except SlugTaken:
            if slug:
                raise
    raise SlugTaken("No free slug was found for this name.")


@transaction.atomic
def save_product(
    *,
    product: Product,
    variants: Sequence[Variant],
    by: str,
    gone: Collection[Variant] = (),
    unless_overtaken: Check | None = None,
) -> Product:
    """Writes a new or changed product with those of its variants that are new or changed, and removes those `gone`.

    Raises CodeTaken, SkuTaken, SlugTaken, VariantOrdered and LastVariant (409), and what `checks.check` refuses (400).
    """
    if product.category_id is not None:
        product.category = existing_category(str(product.category_id), "category")
    if product._state.adding:
        slugs.checked(product.slug)
        check(product, variants)
        return _make(product, variants, by)

    def work(there: Product) -> None:
        if product.slug != there.slug:
            slugs.checked(product.slug)
        changed = {variant.id: variant for variant in variants}
        left = [one for one in there.variants.all() if one not in gone]
        if not left and not changed:
            raise LastVariant("A product keeps at least one variant.")
        check(product, [*(changed.pop(one.id, one) for one in left), *changed.values()])
        remove_variants(gone)
        slugs.remember(there.slug, product)
        fields = [*PLAIN, "slug", "category"]
        product.save(update_fields=fields)
        for variant in variants:
            variant.product = product
        _write_variants(variants, by)

    named = [product, *variants]
    change_product(product_id=product.id, work=work, by=by, unless_overtaken=unless_overtaken, named=named)
    return product


@transaction.atomic
def update_product(
    *, product_id: UUID, facts: Mapping[str, Any], by: str, unless_overtaken: Check | None = None
) -> Product:
    """Changes those fields of a product that are in `facts`: `PLAIN`, `slug`, `category`, `price` and `variants`.

    `price` is its only variant's. `variants` is the whole set: each has `sku` and `price`, and may have `attributes`
    and `low_stock`; new ones begin without stock, and those that are left out are removed.
    """
    named: list[Any] = []

    def work(product: Product) -> None:
        variants = list(product.variants.all())
        wanted = facts.get("variants")
        if "price" in facts and wanted is None:
            if len(variants) != 1:
                raise Invalid("price", "several_variants", "It has several variants: change the price of each.")
            variants[0].price = facts["price"]
        for name in PLAIN:
            if name in facts:
                setattr(product, name, facts[name])
        if "category" in facts:
            product.category = existing_category(facts["category"], "category")
        if "slug" in facts:
            former, product.slug = product.slug, slugs.checked(facts["slug"])
            slugs.remember(former, product)
        gone: list[Variant] = []
        if wanted is not None:
            variants, gone = _merged(product, variants, wanted)
        check(product, variants)
        named.extend([product, *variants])
        product.save(update_fields=[*PLAIN, "slug", "category"])
        remove_variants(gone)
        _write_variants(variants, by)

    return change_product(product_id=product_id, work=work, by=by, unless_overtaken=unless_overtaken, named=named)


@transaction.atomic
def delete_product(*, product_id: UUID, by: str, unless_overtaken: Check | None = None) -> Product | None:
    """Takes a product away; one that was ever ordered is archived instead, and given back."""
    product = lock([product_id])[product_id]
    if unless_overtaken is not None:
        unless_overtaken(product)
    body = products_json([product_id], expand=["variants"])[product_id]
    ordered = StockMovement.objects.filter(variant__product=product, reason=StockMovement.Reason.ORDER).exists()
    if ordered and product.status == Product.Status.ARCHIVED:
        return product
    record(ProductDeleted(product_id=str(product.id), code=product.code, archived=ordered))
    if not ordered:
        audit.note(
            kind="product",
            subject_id=product.id,
            name=product.name,
            action=Change.Action.DELETED,
            changes=audit.differences(body, {}),
            by=by,
        )
        product.delete()
        return None
    changes = {"status": [product.status, str(Product.Status.ARCHIVED)]}
    product.status = Product.Status.ARCHIVED
    product.version += 1
    product.updated_at = timezone.now()
    product.save(update_fields=["status", "version", "updated_at"])
    audit.note(
        kind="product",
        subject_id=product.id,
        name=product.name,
        action=Change.Action.ARCHIVED,
        changes=changes,
        by=by,
    )
    return product


@transaction.atomic
def change_product(
    *,
    product_id: UUID,
    work: Callable[[Product], None],
    by: str,
    unless_overtaken: Check | None = None,
    named: Iterable[Any] = (),
) -> Product:
    """Runs `work` on the locked product, and tells what it changed: version, audit row, ProductUpdated.

    `named` is filled by `work` with the objects that it writes, to tell which unique value was taken. Images go
    this way too.
    """

    def on_the_locked(products: dict[UUID, Product]) -> None:
        product = products[product_id]
        if unless_overtaken is not None:
            unless_overtaken(product)
        work(product)

    try:
        write(ids=[product_id], work=on_the_locked, by=by)
    except IntegrityError as error:
        raise broken_constraint(error, list(named) or [Product.objects.get(id=product_id)]) from None
    return Product.objects.get(id=product_id)


def _make(product: Product, variants: Sequence[Variant], by: str) -> Product:
    try:
        write(new=[(product, variants)], by=by)
    except IntegrityError as error:
        product._state.adding = True
        for variant in variants:
            variant._state.adding = True
        raise broken_constraint(error, [product, *variants]) from None
    product.refresh_from_db(fields=["price", "in_stock"])
    return product


def _write_variants(variants: Sequence[Variant], by: str) -> None:
    change_variants(variant for variant in variants if not variant._state.adding)
    add_variants([variant for variant in variants if variant._state.adding], by=by)


def _merged(
    product: Product, there: Sequence[Variant], wanted: Sequence[Mapping[str, Any]]
) -> tuple[list[Variant], list[Variant]]:
    """The variants that `wanted` asks for, new ones among them, and those that it leaves out."""
    by_sku = {variant.sku: variant for variant in there}
    kept: list[Variant] = []
    for facts in wanted:
        variant = by_sku.pop(canonical_sku(facts["sku"]), None) or Variant(
            product=product, sku=canonical_sku(facts["sku"])
        )
        variant.price = facts["price"]
        variant.attributes = facts.get("attributes", {})
        variant.low_stock = facts.get("low_stock")
        kept.append(variant)
    return kept, list(by_sku.values())
