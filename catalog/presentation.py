"""The JSON of products, variants and categories: one definition, for the API's answers and for events."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from catalog.models import Category, Product, Variant
from catalog.money import money


def product_json(product: Product) -> dict[str, Any]:
    """A product as the contract shows it, of strings, integers, lists and dicts alone.

    Reads `category` and `variants` of the product: have them joined and prefetched where there are many products.
    """
    variants = sorted(product.variants.all(), key=lambda variant: variant.id)
    category = product.category
    return {
        "id": str(product.id),
        "code": product.code,
        "name": product.name,
        "slug": product.slug,
        "description": product.description,
        "model": product.model,
        "product_url": product.product_url,
        "status": str(product.status),
        "category": None
        if category is None
        else {"id": str(category.id), "name": category.name, "slug": category.slug},
        "tax_rate": f"{product.tax_rate:.2f}",
        "currency": product.currency,
        "price": money(product.price, product.currency),
        "attributes": product.attributes,
        "variants": [variant_json(variant, product.currency) for variant in variants],
        "images": [],
        "created_at": _time(product.created_at),
        "updated_at": _time(product.updated_at),
    }


def variant_json(variant: Variant, currency: str) -> dict[str, Any]:
    return {
        "sku": variant.sku,
        "price": money(variant.price, currency),
        "stock": variant.stock,
        "attributes": variant.attributes,
    }


def category_json(category: Category) -> dict[str, Any]:
    return {
        "id": str(category.id),
        "name": category.name,
        "slug": category.slug,
        "parent_id": str(category.parent_id) if category.parent_id else None,
    }


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
