"""What the product calls answer, as the OpenAPI document tells it. A test holds it to what `presentation.py` writes."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalog.models import Product


@extend_schema_field({"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}})
class AttributesShape(serializers.DictField):
    """Facts: name → text, number or boolean."""


class CategoryBrief(serializers.Serializer[object]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    slug = serializers.CharField()


class CategoryInProduct(CategoryBrief):
    parent_id = serializers.UUIDField(required=False, allow_null=True, help_text="With `expand=category`.")
    path = CategoryBrief(many=True, required=False, help_text="With `expand=category`: from the root to itself.")


class VariantShape(serializers.Serializer[object]):
    sku = serializers.CharField()
    price = serializers.CharField(help_text="Gross or net as all prices, with the currency's digits.")
    stock = serializers.IntegerField()
    attributes = AttributesShape()
    low_stock = serializers.IntegerField(
        required=False,
        allow_null=True,
        help_text="With `expand=variants`: at this stock or below it, staff get a mail.",
    )


class ImageShape(serializers.Serializer[object]):
    id = serializers.UUIDField()
    url = serializers.URLField()
    thumbnail_url = serializers.URLField(help_text="The same as `url` until the thumbnail is made.")
    alt = serializers.CharField()


class ProductShape(serializers.Serializer[object]):
    id = serializers.UUIDField()
    code = serializers.CharField()
    name = serializers.CharField()
    slug = serializers.CharField()
    description = serializers.CharField()
    model = serializers.CharField()
    product_url = serializers.CharField()
    status = serializers.ChoiceField(Product.Status.choices)
    category = CategoryInProduct(allow_null=True)
    tax_rate = serializers.CharField(help_text="Per cent: in the price, or added to it where prices are net.")
    currency = serializers.CharField(help_text="ISO 4217.")
    price = serializers.CharField(help_text="Its cheapest variant's.")
    attributes = AttributesShape()
    variants = VariantShape(many=True)
    images = ImageShape(many=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ChosenProduct(ProductShape):
    """All of a product, or what `fields` names."""

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for field in fields.values():
            field.required = False
        return fields


class ProductPage(serializers.Serializer[object]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = ChosenProduct(many=True)
    facets = serializers.DictField(
        required=False, child=serializers.ListField(child=serializers.DictField()), help_text="With `facets=`."
    )


class BulkAnswer(serializers.Serializer[object]):
    results = ProductShape(many=True)
