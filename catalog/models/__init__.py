"""The catalog's tables, a module for each idea."""

from catalog.models.categories import Category, CategoryAttribute
from catalog.models.changes import Change
from catalog.models.images import ProductImage
from catalog.models.imports import Import, RejectedRow
from catalog.models.products import Product, ProductSlug, Variant
from catalog.models.search import SearchWord
from catalog.models.stock import StockMovement

__all__ = [
    "Category",
    "CategoryAttribute",
    "Change",
    "Import",
    "Product",
    "ProductImage",
    "ProductSlug",
    "RejectedRow",
    "SearchWord",
    "StockMovement",
    "Variant",
]
