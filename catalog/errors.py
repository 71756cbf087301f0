"""How the catalog refuses."""

from __future__ import annotations

from collections.abc import Iterable

from api.problems import Conflict, NotFound, Problem


class ProductNotFound(NotFound):
    """SKUs that nobody can buy: unknown, or of a product that is a draft or archived."""

    code = "product_not_found"

    def __init__(self, skus: Iterable[str]) -> None:
        names = sorted(skus)
        super().__init__(f"Not for sale here: {', '.join(names)}.", skus=names)


class OutOfStock(Conflict):
    """`items` tells of every SKU that is short what was asked for and what is left."""

    code = "out_of_stock"

    def __init__(self, items: list[dict[str, str | int]]) -> None:
        super().__init__(f"Not enough in stock: {', '.join(str(item['sku']) for item in items)}.", items=items)


class InsufficientStock(Conflict):
    """A change by staff that would leave less than nothing, or more than a stock can be."""

    code = "insufficient_stock"


class StockTooLarge(Conflict):
    code = "stock_too_large"


class CodeTaken(Conflict):
    code = "code_taken"


class SkuTaken(Conflict):
    code = "sku_taken"


class SlugTaken(Conflict):
    code = "slug_taken"


class LastVariant(Conflict):
    """A product without a variant has neither price nor stock."""

    code = "last_variant"


class VariantOrdered(Conflict):
    """Orders and the stock ledger point to it."""

    code = "variant_ordered"


class CategoryInUse(Conflict):
    code = "category_in_use"


class ImportRunning(Conflict):
    """One import of a kind runs at a time."""

    code = "import_running"


class BadImage(Problem):
    """What was sent is no picture that can be shown: see `detail`."""

    code = "bad_image"


class TooManyImages(Conflict):
    code = "too_many_images"


class BadImport(Problem):
    """The file as a whole cannot be read: no text, no known columns, one missing."""

    code = "bad_import"
