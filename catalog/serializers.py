"""What the catalog's calls take, checked, and what they answer, as the OpenAPI document tells it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.pagination import PageQuery
from api.serializers import IntegerField, MoneyField, StrictSerializer, TextField
from catalog.models import Product, validate_code, validate_currency
from catalog.services import VariantFacts
from catalog.stock import MAX_STOCK

MAX_VARIANTS = 100
MAX_ATTRIBUTES, MAX_ATTRIBUTE_NAME, MAX_ATTRIBUTE_TEXT = 50, 60, 500
ORDERINGS = ("name", "-name", "price", "-price", "created_at", "-created_at")


@extend_schema_field({"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}})
class AttributesField(serializers.DictField):
    """Free facts: name → text, number or boolean."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        attributes = super().to_internal_value(data)
        if len(attributes) > MAX_ATTRIBUTES:
            raise serializers.ValidationError(f"There are at most {MAX_ATTRIBUTES} attributes.", "too_many")
        for name, value in attributes.items():
            if not 1 <= len(name.strip()) <= MAX_ATTRIBUTE_NAME:
                raise serializers.ValidationError(f"A name has 1 to {MAX_ATTRIBUTE_NAME} characters.", "invalid_name")
            if not isinstance(value, (str, int, float, bool)) or len(str(value)) > MAX_ATTRIBUTE_TEXT:
                raise serializers.ValidationError(
                    {name: f"A value is a text of at most {MAX_ATTRIBUTE_TEXT} characters, a number or a boolean."}
                )
        return attributes


@extend_schema_field(OpenApiTypes.BOOL)
class FlagField(TextField):
    """`true` or `false` in a query, and nothing else."""

    def to_internal_value(self, data: Any) -> Any:
        if data not in ("true", "false"):
            raise serializers.ValidationError("It is true or false.", "invalid")
        return data == "true"


class StockField(IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=MAX_STOCK, **kwargs)


class ProductQuery(PageQuery):
    search = TextField(
        required=False, allow_blank=True, max_length=200, help_text="Words that name, code or description hold."
    )
    category = TextField(required=False, max_length=140, help_text="A category's id or slug: it and all below it.")
    in_stock = FlagField(required=False, help_text="true: at least one unit of a variant; false: none.")
    code = TextField(required=False, max_length=64, help_text="The product's code, in any case.")
    ordering = serializers.ChoiceField(ORDERINGS, default="-created_at")


class NewVariant(StrictSerializer):
    sku = TextField(max_length=64, validators=[validate_code], help_text="Kept in capitals.")
    price = MoneyField(required=False, help_text="Gross; left out, the product's.")
    stock = StockField(default=0)
    attributes = AttributesField(default=dict)


class NewProduct(StrictSerializer):
    code = TextField(max_length=64, validators=[validate_code])
    name = TextField(max_length=200)
    price = MoneyField(required=False, help_text="Gross; may be left out where every variant has one.")
    currency = TextField(required=False, validators=[validate_currency], help_text="ISO 4217; left out, the shop's.")
    stock = StockField(required=False)
    description = TextField(default="", allow_blank=True, max_length=20_000)
    model = TextField(default="", allow_blank=True, max_length=120)
    product_url = serializers.URLField(default="", allow_blank=True, max_length=500)
    category = TextField(default=None, allow_null=True, max_length=140, help_text="A category's id or slug.")
    tax_rate = serializers.DecimalField(
        max_digits=5, decimal_places=2, min_value=Decimal(0), max_value=Decimal(100), default=Decimal(0)
    )
    attributes = AttributesField(default=dict)
    variants = serializers.ListField(child=NewVariant(), required=False, min_length=1, max_length=MAX_VARIANTS)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "variants" not in attrs and "price" not in attrs:
            raise serializers.ValidationError({"price": serializers.ErrorDetail("This field is required.", "required")})
        if "variants" in attrs and "stock" in attrs:
            raise serializers.ValidationError({"stock": "Give the stock of each variant instead."})
        return attrs | {"variants": self._variants(attrs)}

    @staticmethod
    def _variants(attrs: dict[str, Any]) -> list[VariantFacts]:
        """Both forms of the body as one. Takes `price` and `stock`, which are the variants' alone, out of `attrs`."""
        price, units = attrs.pop("price", None), attrs.pop("stock", 0)
        given = attrs.get("variants", [{"sku": attrs["code"], "stock": units}])
        priced = [{"price": price} | facts for facts in given]
        for index, facts in enumerate(priced):
            if facts["price"] is None:
                missing = serializers.ErrorDetail("Neither the variant nor the product has a price.", "required")
                raise serializers.ValidationError({f"variants.{index}.price": missing})
        return [VariantFacts(**facts) for facts in priced]


class NewCategory(StrictSerializer):
    name = TextField(max_length=120)
    slug = serializers.SlugField(required=False, max_length=140, help_text="Left out, made from the name.")
    parent_id = TextField(
        source="parent", default=None, allow_null=True, max_length=140, help_text="The parent's id or slug."
    )


class StockChange(StrictSerializer):
    delta = IntegerField(min_value=-MAX_STOCK, max_value=MAX_STOCK, help_text="Units to add; negative: to take away.")
    reason = TextField(max_length=200, help_text="`received`, `correction`, or a few words.")

    def validate_delta(self, delta: int) -> int:
        if delta == 0:
            raise serializers.ValidationError("A change of 0 changes nothing.", "invalid")
        return delta


class CategoryBrief(serializers.Serializer[object]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    slug = serializers.CharField()


class VariantShape(serializers.Serializer[object]):
    sku = serializers.CharField()
    price = serializers.CharField(help_text="Gross, with the currency's digits.")
    stock = serializers.IntegerField()
    attributes = AttributesField()


class ImageShape(serializers.Serializer[object]):
    id = serializers.UUIDField()
    url = serializers.URLField()
    thumbnail_url = serializers.URLField()
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
    category = CategoryBrief(allow_null=True)
    tax_rate = serializers.CharField(help_text="Per cent, contained in the price.")
    currency = serializers.CharField(help_text="ISO 4217.")
    price = serializers.CharField(help_text="Its cheapest variant's.")
    attributes = AttributesField()
    variants = VariantShape(many=True)
    images = ImageShape(many=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class CategoryShape(CategoryBrief):
    parent_id = serializers.UUIDField(allow_null=True)


class ProductPage(serializers.Serializer[object]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = ProductShape(many=True)


class CategoryPage(serializers.Serializer[object]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = CategoryShape(many=True)
