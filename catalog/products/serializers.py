"""What the product calls take, checked."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.validators import validate_slug
from rest_framework import serializers

from api.pagination import PageQuery
from api.serializers import ChoiceField, IntegerField, LineField, ListField, MoneyField, StrictSerializer, TextField
from catalog.models import Product
from catalog.models.fields import validate_code
from catalog.products import presentation
from catalog.products.facets import MAX_FACETS
from catalog.products.fields import (
    MAX_ATTRIBUTE_NAME,
    AttributesField,
    ChangeField,
    CurrencyField,
    FlagField,
    RateField,
    StockField,
    WordsField,
)
from catalog.products.services import VariantFacts
from catalog.stock import MAX_STOCK

MAX_VARIANTS = 100
MAX_BULK = 100
ORDERINGS = ("name", "-name", "price", "-price", "created_at", "-created_at")
ATTRIBUTE = "attr."


class Chosen(StrictSerializer):
    """How much of a product is shown."""

    expand = WordsField(
        presentation.EXPANSIONS,
        required=False,
        max_length=60,
        help_text="`category`: with its path from the root; `variants`: with the stock at which staff get a mail.",
    )

    def get_fields(self) -> dict[str, Any]:
        # Not among the declared ones: a serializer's own `fields` is all of them.
        only = WordsField(presentation.FIELDS, required=False, max_length=400, help_text="Only these fields.")
        return {**super().get_fields(), "fields": only}


class ProductQuery(Chosen, PageQuery):
    search = TextField(
        required=False,
        allow_blank=True,
        max_length=200,
        help_text="Words that name, code, category, attributes or description hold, by their beginning or their stem, "
        "and past a misspelling; the best come first where no `ordering` is given.",
    )
    category = TextField(required=False, max_length=140, help_text="A category's id or slug: it and all below it.")
    min_price = MoneyField(required=False, help_text="The cheapest variant's price, at least.")
    max_price = MoneyField(required=False, help_text="The cheapest variant's price, at most.")
    in_stock = FlagField(required=False, help_text="true: at least one unit of a variant; false: none.")
    code = TextField(required=False, max_length=64, help_text="The product's code, in any case.")
    status = ChoiceField(
        [*Product.Status.values, "all"], required=False, help_text="For staff; everybody else sees what is active."
    )
    ordering = ChoiceField(ORDERINGS, required=False, help_text="`-created_at` where nothing is searched.")
    facets = WordsField(
        ("category", "price"),
        prefix=ATTRIBUTE,
        most=MAX_FACETS,
        required=False,
        max_length=400,
        help_text="Counts per value beside the results: `category`, `price`, `attr.<name>`, with commas between them, "
        f"{MAX_FACETS} at most. Each facet counts under all filters but its own.",
    )

    def to_internal_value(self, data: Any) -> Any:
        traits = {key.removeprefix(ATTRIBUTE): value for key, value in data.items() if key.startswith(ATTRIBUTE)}
        for name in traits:
            if not 1 <= len(name) <= MAX_ATTRIBUTE_NAME:
                raise serializers.ValidationError({f"{ATTRIBUTE}{name}"[:100]: "This names no attribute."})
        rest = {key: value for key, value in data.items() if not key.startswith(ATTRIBUTE)}
        return {**super().to_internal_value(rest), "traits": traits}


class LowStockField(IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            min_value=0,
            max_value=MAX_STOCK,
            allow_null=True,
            help_text="At this stock or below it, staff get a mail.",
            **kwargs,
        )


class VariantChange(StrictSerializer):
    """What can be changed of a variant. Its stock has a call of its own."""

    sku = LineField(required=False, max_length=64, validators=[validate_code], help_text="Kept in capitals.")
    price = MoneyField(required=False, help_text="Gross, or net where the shop's prices are net.")
    low_stock = LowStockField(required=False)
    attributes = AttributesField(required=False)


class NewVariant(StrictSerializer):
    sku = LineField(max_length=64, validators=[validate_code], help_text="Kept in capitals.")
    price = MoneyField(required=False, help_text="Gross or net as all prices; left out, the product's.")
    stock = StockField(default=0)
    low_stock = LowStockField(default=None)
    attributes = AttributesField(default=dict)


class AddedVariant(NewVariant):
    price = MoneyField(help_text="Gross, or net where the shop's prices are net.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {"facts": VariantFacts(**attrs)}


class ReplacedVariant(StrictSerializer):
    sku = LineField(max_length=64, validators=[validate_code], help_text="Kept in capitals.")
    price = MoneyField(required=False, help_text="Gross or net as all prices; left out, the product's.")
    low_stock = LowStockField(default=None)
    attributes = AttributesField(default=dict)


class ProductFields(StrictSerializer):
    """What POST and PUT share: what is left out of either has its default."""

    told = {"anyOf": [{"required": ["price"]}, {"required": ["variants"]}]}

    code = LineField(max_length=64, validators=[validate_code])
    name = LineField(max_length=200)
    price = MoneyField(
        required=False, help_text="Gross or net as all prices; may be left out where every variant has one."
    )
    currency = CurrencyField(required=False, help_text="ISO 4217; left out, the shop's.")
    description = TextField(default="", allow_blank=True, max_length=20_000)
    model = TextField(default="", allow_blank=True, max_length=120)
    product_url = serializers.URLField(default="", allow_blank=True, max_length=500)
    category = TextField(default=None, allow_null=True, max_length=140, help_text="A category's id or slug.")
    tax_rate = RateField(default=Decimal(0))
    attributes = AttributesField(default=dict)
    status = ChoiceField(Product.Status.choices, default=Product.Status.ACTIVE)
    slug = TextField(
        required=False, max_length=240, validators=[validate_slug], help_text="Left out, made from the name."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "variants" not in attrs and "price" not in attrs:
            raise serializers.ValidationError({"price": serializers.ErrorDetail("This field is required.", "required")})
        for index, facts in enumerate(attrs.get("variants", ())):
            if "price" in attrs:
                facts.setdefault("price", attrs["price"])
            if "price" not in facts:
                missing = serializers.ErrorDetail("Neither the variant nor the product has a price.", "required")
                raise serializers.ValidationError({f"variants.{index}.price": missing})
        return attrs


class NewProduct(ProductFields):
    told = {**ProductFields.told, "not": {"required": ["stock", "variants"]}}
    stock = StockField(required=False)
    variants = ListField(child=NewVariant(), required=False, min_length=1, max_length=MAX_VARIANTS)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Both forms of the body as one: `price` and `stock` are the variants' alone."""
        if "variants" in attrs and "stock" in attrs:
            raise serializers.ValidationError({"stock": "Give the stock of each variant instead."})
        attrs = super().validate(attrs)
        price, units = attrs.pop("price", None), attrs.pop("stock", 0)
        given = attrs.get("variants", [{"sku": attrs["code"], "stock": units, "price": price}])
        return attrs | {"variants": [VariantFacts(**facts) for facts in given]}


class ReplacedProduct(ProductFields):
    """The whole product, but for its stock. Without `variants` it keeps the one that it has."""

    currency = CurrencyField(required=False, help_text="ISO 4217; left out, as it was.")
    slug = TextField(required=False, max_length=240, validators=[validate_slug], help_text="Left out, as it was.")
    variants = ListField(child=ReplacedVariant(), required=False, min_length=1, max_length=MAX_VARIANTS)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        if "variants" in attrs:
            attrs.pop("price", None)
        return attrs


class ProductChange(StrictSerializer):
    """Fields to change; the others stay. Variants have calls of their own."""

    code = LineField(required=False, max_length=64, validators=[validate_code])
    name = LineField(required=False, max_length=200)
    price = MoneyField(required=False, help_text="Gross or net as all prices: its only variant's.")
    currency = CurrencyField(required=False, help_text="ISO 4217.")
    description = TextField(required=False, allow_blank=True, max_length=20_000)
    model = TextField(required=False, allow_blank=True, max_length=120)
    product_url = serializers.URLField(required=False, allow_blank=True, max_length=500)
    category = TextField(required=False, allow_null=True, max_length=140, help_text="A category's id or slug.")
    tax_rate = RateField(required=False)
    attributes = AttributesField(required=False)
    status = ChoiceField(Product.Status.choices, required=False)
    slug = TextField(required=False, max_length=240, validators=[validate_slug])


class BulkItem(ProductChange):
    id = serializers.UUIDField()
    if_match = TextField(required=False, max_length=200, help_text="The ETag of what you change.")


class BulkChange(StrictSerializer):
    changes = ListField(child=BulkItem(), min_length=1, max_length=MAX_BULK)


class StockChange(StrictSerializer):
    delta = ChangeField(help_text="Units to add; negative: to take away.")
    reason = TextField(max_length=200, help_text="`received`, `correction`, or a few words.")
