"""Products as an import holds them: those of a batch are read together, changed in memory, written together."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models.functions import Upper

from api.problems import Invalid
from catalog import stock
from catalog.categories.attributes import Definition, definitions_of
from catalog.categories.queries import existing_category
from catalog.imports.columns import cells_of
from catalog.models import Category, Product, Variant
from catalog.products import slugs
from catalog.products.presentation import products_json
from catalog.products.writing import add_variants, lock, write

IMPORT = "import"
"""The reason that the ledger and StockChanged give for a stock that a file has set."""
WRITTEN = ("name", "currency", "tax_rate", "category", "description", "status", "attributes")
"""The fields of a product that a file can change."""


class Overtaken(Exception):
    """Somebody changed a product of the batch while it was worked on: begin the batch again."""


@dataclass
class Held:
    """A product, there or to be made. `cells` is what an export of it would say, SKU → column → text."""

    product: Product
    is_new: bool = False
    variants: dict[str, Variant] = field(default_factory=dict)
    cells: dict[str, dict[str, str | None]] = field(default_factory=dict)
    fields: set[str] = field(default_factory=set)
    """The product's fields that are no longer as they were."""
    changed: set[str] = field(default_factory=set)
    """SKUs of the variants whose price or attributes are no longer as they were."""
    made: set[str] = field(default_factory=set)

    def copy(self) -> Held:
        """Another one to try a row on. What is in `cells` never changes."""
        product = copy(self.product)
        variants = {sku: copy(variant) for sku, variant in self.variants.items()}
        return Held(product, self.is_new, variants, self.cells, set(self.fields), set(self.changed), set(self.made))

    @property
    def is_touched(self) -> bool:
        return bool(self.fields or self.changed or self.made) and not self.is_new


class Shelf:
    """The products that the rows of a batch are about. Reads in a constant number of queries.

    `locked` holds off everybody else from the start; without it, `put_back` finds out whether somebody was faster, and
    an unchanged file locks nothing.
    """

    def __init__(self, rows: Iterable[tuple[str, str]], categories: Iterable[str], *, locked: bool) -> None:
        rows = list(rows)
        self._categories = {name: _category(name) for name in sorted(set(categories))}
        self.definitions: Callable[[UUID | None], Mapping[str, Definition]] = functools.cache(definitions_of)
        self.owners = dict(Variant.objects.filter(sku__in={sku for _, sku in rows}).values_list("sku", "product_id"))
        keyed = Product.objects.annotate(key=Upper("code")).filter(key__in={key for key, _ in rows})
        if locked:
            lock(list(keyed.values_list("id", flat=True)))
        self.bodies = products_json([product.id for product in keyed], expand=["variants"])
        self.held = {product.key: Held(product) for product in keyed.select_related("category")}
        by_id = {held.product.id: held for held in self.held.values()}
        for variant in Variant.objects.filter(product_id__in=by_id).order_by("id"):
            by_id[variant.product_id].variants[variant.sku] = variant
        for id, held in by_id.items():
            held.cells = {str(cells["sku"]): cells for cells in cells_of(self.bodies[id])}
        self.counted: dict[str, int] = {}

    def category(self, name: str) -> Category:
        """Raises Invalid where there is none of this id or slug."""
        found = self._categories.get(name)
        if isinstance(found, Category):
            return found
        raise found or Invalid("category", "category_not_found", "There is no category with this id or slug.")

    def put_back(self, *, by: str) -> None:
        """Writes whatever was changed. Raises Overtaken, `writing.TooLarge` and IntegrityError."""
        counted = {self.owners[sku] for sku in self.counted}
        touched = {held.product.id: held for held in self.held.values() if held.is_touched}
        ids = counted | touched.keys()
        self._require_as_read(ids)
        new = [held for held in self.held.values() if held.is_new]
        slugs.give([held.product for held in new])

        def work(products: Mapping[UUID, Product]) -> None:
            _save(touched.values(), by)

        write(
            new=[(held.product, list(held.variants.values())) for held in new],
            ids=list(touched),
            work=work,
            by=by,
        )
        if self.counted:
            stock.count(items=self.counted, reason=IMPORT, by=by)

    def _require_as_read(self, ids: Iterable[UUID]) -> None:
        ids = list(ids)
        if not ids:
            return
        lock(ids)
        if products_json(ids, expand=["variants"]) != {id: self.bodies[id] for id in ids}:
            raise Overtaken


def _save(touched: Iterable[Held], by: str) -> None:
    """Writes the fields that differ anywhere in the batch, in a statement for the products and one for the variants."""
    touched = list(touched)
    if fields := {name for held in touched for name in held.fields}:
        Product.objects.bulk_update([held.product for held in touched if held.fields], sorted(fields))
    variants = [held.variants[sku] for held in touched for sku in held.changed - held.made]
    if variants:
        Variant.objects.bulk_update(variants, ["price", "attributes"])
    add_variants([held.variants[sku] for held in touched for sku in sorted(held.made)], by=by)


def _category(name: str) -> Category | Invalid:
    try:
        found = existing_category(name, "category")
    except Invalid as problem:
        return problem
    return found or Invalid("category", "category_not_found", "There is no category without a name.")
