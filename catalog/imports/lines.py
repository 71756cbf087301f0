"""A row against the product and the variant that it is about: what it would change, tried before it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from rest_framework.exceptions import ValidationError as Rejected

from api.problems import Invalid, Problem, as_problem
from catalog.categories.attributes import Value, typed
from catalog.errors import SkuTaken
from catalog.imports.held import WRITTEN, Held, Shelf
from catalog.imports.rows import Row
from catalog.models import Product, Variant
from catalog.products.checks import check
from catalog.products.fields import AttributesField
from catalog.products.serializers import MAX_VARIANTS

ATTRIBUTES = AttributesField()


class Line:
    """Columns that say what is so already are not in `given`, and so neither checked nor written.

    `given` holds what the other columns say, read; `attributes` name → text, None for one that is to go.
    """

    EMPTIED: ClassVar[Mapping[str, Any]] = {"description": "", "category": None}
    """The columns whose empty cell says something; in all others it says nothing."""

    def __init__(self, shelf: Shelf, held: Held, row: Row) -> None:
        self.shelf, self.held, self.row = shelf, held, row
        self.cells = held.cells.get(row.sku)
        self.given: dict[str, Any] = {}
        self.attributes: dict[str, str | None] = {}
        self.tried: Held | None = None
        self.counted: int | None = None
        self.pk = None  # the library asks for it

    @classmethod
    def of(cls, row: Row, shelf: Shelf) -> Line:
        """Raises ValidationError where the row names no product and variant that fit together."""
        held = shelf.held.get(row.key)
        owner = shelf.owners.get(row.sku)
        if owner is not None and (held is None or held.product.id != owner):
            raise _at(row, SkuTaken.code, f"Another product has the variant {row.sku}.")
        if held is None:
            return cls(shelf, Held(Product(currency=settings.SHOP_CURRENCY), is_new=True), row)
        if row.sku not in held.variants and not (row.cells.get("sku") or "").strip():
            raise _at(row, "sku_required", f"The product has variants, none of them {row.sku}: name one, or a new one.")
        return cls(shelf, held, row)

    @property
    def is_new(self) -> bool:
        return self.row.sku not in self.held.variants

    def says(self, column: str, text: str | None) -> bool:
        """Whether the cell says what an export would say of the variant now."""
        return self.cells is not None and self.cells.get(column) == text

    def try_out(self) -> None:
        """Works the row into a copy. Raises a Problem for what the services would refuse."""
        tried = self.held.copy()
        product = tried.product
        variant = tried.variants.get(self.row.sku)
        if variant is None:
            if len(tried.variants) >= MAX_VARIANTS:
                raise Invalid("sku", "too_many", f"A product has at most {MAX_VARIANTS} variants.")
            variant = Variant(product=product, sku=self.row.sku)
            tried.variants[variant.sku] = variant
            tried.made.add(variant.sku)
        if tried.is_new and not product.code:
            product.code = self.given["code"]
        for name in ("name", "currency", "tax_rate", "description", "status"):
            if name in self.given:
                setattr(product, name, self.given[name])
        if "category" in self.given:
            name = self.given["category"]
            product.category = None if name is None else self.shelf.category(name)
        if "price" in self.given:
            variant.price = self.given["price"]
        self._set_attributes(product, list(tried.variants.values()), variant)
        if "stock" in self.given and variant.stock != self.given["stock"]:
            if variant.sku in tried.made or tried.is_new:
                variant.stock = self.given["stock"]
            else:
                self.counted = self.given["stock"]
        tried.fields |= {name for name in WRITTEN if getattr(product, name) != getattr(self.held.product, name)}
        if not tried.is_new:
            tried.changed |= {sku for sku, one in tried.variants.items() if _differs(one, self.held.variants.get(sku))}
        check(product, list(tried.variants.values()), about=variant, definitions=self.shelf.definitions)
        self.tried = tried

    @property
    def changes_something(self) -> bool:
        """Of this row alone: what earlier rows have changed is theirs."""
        if self.tried is None or self.is_new or self.counted is not None:
            return True
        if any(getattr(self.tried.product, name) != getattr(self.held.product, name) for name in WRITTEN):
            return True
        return any(_differs(variant, self.held.variants[sku]) for sku, variant in self.tried.variants.items())

    def keep(self) -> None:
        if self.tried is None:
            raise RuntimeError("A row is kept after it was tried.")
        self.shelf.held[self.row.key] = self.tried
        if self.counted is not None:
            self.shelf.counted[self.row.sku] = self.counted

    def _set_attributes(self, product: Product, variants: Sequence[Variant], variant: Variant) -> None:
        if not self.attributes:
            return
        definitions = self.shelf.definitions(product.category_id)
        errors: list[dict[str, str]] = []
        for name, text in self.attributes.items():
            try:
                value = None if text is None else typed(text.strip(), definitions.get(name))
                _allowed({} if value is None else {name: value})
            except Problem as problem:
                errors += [{**error, "field": f"attributes.{name}"} for error in problem.errors or ()]
            else:
                spread(name, value, product, variants, variant)
        if errors:
            raise Problem("Some attributes are not as they must be.", code="validation_error", errors=errors)
        _allowed(product.attributes)
        for one in variants:
            _allowed(one.attributes)


def _allowed(attributes: Mapping[str, Value]) -> None:
    """Raises a Problem for what the API would not take as attributes of one product or variant."""
    try:
        ATTRIBUTES.run_validation(attributes)
    except Rejected as error:
        raise as_problem(error) or error from None


def spread(name: str, value: Value | None, product: Product, variants: Sequence[Variant], variant: Variant) -> None:
    """Gives `variant` the attribute (None: takes it), and leaves all other variants as they are.

    What all variants have alike is the product's, unless it was theirs before; what differs is each one's own. So it
    makes no difference in how many rows and batches a product comes.
    """
    has = {one.sku: one.attributes.get(name, product.attributes.get(name)) for one in variants}
    has[variant.sku] = value
    own = any(name in one.attributes for one in variants)
    alike = len({(type(one), one) for one in has.values()}) == 1
    product.attributes = _with(product.attributes, name, value if alike and not own else None)
    for one in variants:
        one.attributes = _with(one.attributes, name, None if alike and not own else has[one.sku])


def _with(attributes: Mapping[str, Any], name: str, value: Value | None) -> dict[str, Any]:
    rest = {key: kept for key, kept in attributes.items() if key != name}
    return rest if value is None else rest | {name: value}


def _differs(variant: Variant, before: Variant | None) -> bool:
    return before is None or variant.price != before.price or variant.attributes != before.attributes


def _at(row: Row, code: str, message: str) -> ValidationError:
    column = "sku" if "sku" in row.cells else "code"
    return ValidationError({column: ValidationError(message, code)})
