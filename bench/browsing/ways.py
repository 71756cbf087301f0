"""Four ways to the JSON of a page of products, in one process: why `catalog/products/presentation.py` is in SQL."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import orjson
from django.db import connection
from rest_framework import serializers

from api.renderers import dumps
from bench.proving.report import table
from catalog.models import Category, Product, ProductImage, Variant
from catalog.money import money
from catalog.products import listing, presentation

ROUNDS = 200


class CategoryModel(serializers.ModelSerializer[Category]):
    class Meta:
        model = Category
        fields = ("id", "name", "slug")


class VariantModel(serializers.ModelSerializer[Variant]):
    class Meta:
        model = Variant
        fields = ("sku", "price", "stock", "attributes")


class ImageModel(serializers.ModelSerializer[ProductImage]):
    class Meta:
        model = ProductImage
        fields = ("id", "key", "thumbnail_key", "alt")


class ProductModel(serializers.ModelSerializer[Product]):
    category = CategoryModel()
    variants = VariantModel(many=True)
    images = ImageModel(many=True)

    class Meta:
        model = Product
        fields = tuple(presentation.FIELDS)


def _rows(count: int) -> Any:
    rows = Product.objects.filter(status="active").select_related("category").prefetch_related("variants", "images")
    return rows.order_by("-created_at", "-id")[:count]


def by_model_serializer(count: int) -> bytes:
    return dumps(ProductModel(_rows(count), many=True).data)


def by_objects(count: int) -> bytes:
    """The ORM's objects, and a function that makes dicts of them."""
    return orjson.dumps([_dict(product) for product in _rows(count)], default=str)


def by_statement(count: int) -> bytes:
    """PostgreSQL writes the JSON; the statement is planned anew each time, as Django's cursor sends it."""
    sql = (
        f"SELECT {presentation.DOCUMENT} FROM catalog_product p WHERE p.status = 'active'"  # noqa: S608  (constants)
        " ORDER BY p.created_at DESC, p.id DESC LIMIT %(limit)s"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, {"limit": count, **presentation.parameters()})
        return ",".join(row[0] for row in cursor.fetchall()).encode()


def by_listing(count: int) -> bytes:
    """As the shop does it: the same, planned once."""
    page = listing.page(listing.Filters(), ordering="-created_at", limit=count, cursor="")
    return ",".join(page.texts).encode()


def _dict(product: Product) -> dict[str, Any]:
    currency, category = product.currency, product.category
    body = {name: getattr(product, name) for name in presentation.FIELDS if name not in ("variants", "images")}
    return body | {
        "price": money(product.price, currency),
        "category": category and {"id": category.id, "name": category.name, "slug": category.slug},
        "variants": [
            {"sku": one.sku, "price": money(one.price, currency), "stock": one.stock, "attributes": one.attributes}
            for one in product.variants.all()
        ],
        "images": [{"id": one.id, "url": one.key, "alt": one.alt} for one in product.images.all()],
    }


WAYS: dict[str, Callable[[int], bytes]] = {
    "ModelSerializer": by_model_serializer,
    "objects and dicts": by_objects,
    "one statement, planned each time": by_statement,
    "one statement, planned once (the shop's)": by_listing,
}


def compare() -> str:
    """Medians in microseconds, the database's time included, for pages of 20 and of 50."""
    rows = [["µs for a page of", "20", "50"]]
    rows += [[name, *(f"{_median(way, count):.0f}" for count in (20, 50))] for name, way in WAYS.items()]
    return table(rows)


def _median(way: Callable[[int], bytes], count: int) -> float:
    times = []
    for round_ in range(ROUNDS + 10):
        began = time.perf_counter()
        way(count)
        if round_ >= 10:
            times.append(time.perf_counter() - began)
    return statistics.median(times) * 1e6
