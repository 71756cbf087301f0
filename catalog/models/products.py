from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Lower, Upper
from django.utils import timezone
from uuid_utils.compat import uuid7

from catalog.models.categories import Category
from catalog.models.fields import canonical_sku, validate_code, validate_currency
from catalog.money import DIGITS, fits, is_currency

FOR_SALE = Q(status="active")


class Product(models.Model):
    """What a shop window shows. What is bought, and has a price and a stock, is one of its variants.

    The columns from `price` to `search` are worked out from the rest, by `catalog/products/derived.py` alone, so that
    lists find and sort along an index.
    """

    class Status(models.TextChoices):
        DRAFT = "draft"
        ACTIVE = "active"
        ARCHIVED = "archived"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.CharField(max_length=64, validators=[validate_code])
    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=240, unique=True)
    description = models.TextField(blank=True)
    model = models.CharField(max_length=120, blank=True)
    product_url = models.URLField(max_length=500, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    category = models.ForeignKey(Category, null=True, blank=True, on_delete=models.PROTECT, related_name="products")
    tax_rate = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
        help_text="Per cent: in the price, or added to it where prices are net.",
    )
    currency = models.CharField(max_length=3, validators=[validate_currency], help_text="ISO 4217 code.")
    attributes = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    price = models.DecimalField(
        max_digits=14, decimal_places=3, default=Decimal(0), editable=False, help_text="Its cheapest variant's."
    )
    in_stock = models.BooleanField(
        default=False, db_default=False, editable=False, help_text="Whether a variant has a unit."
    )
    traits = ArrayField(
        models.TextField(),
        default=list,
        db_default=Value([], output_field=ArrayField(models.TextField())),
        editable=False,
        help_text="`name=value` for each attribute of it and of its variants.",
    )
    search = SearchVectorField(null=True, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(Upper("code"), name="product_code_once_in_any_case")]
        indexes = [
            # The shop window's orderings, each in the order of its keyset.
            models.Index(Lower("name"), F("id"), condition=FOR_SALE, name="product_window_by_name"),
            models.Index(fields=["price", "id"], condition=FOR_SALE, name="product_window_by_price"),
            models.Index(fields=["created_at", "id"], condition=FOR_SALE, name="product_window_by_age"),
            models.Index(fields=["id"], condition=FOR_SALE & Q(in_stock=False), name="product_sold_out"),
            GinIndex(fields=["traits"], name="product_by_trait"),
            GinIndex(fields=["search"], name="product_by_word"),
            # The admin's list.
            models.Index(fields=["name", "id"], name="product_by_name"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class ProductSlug(models.Model):
    """A slug that a product once had. Addresses with it are out in the world and still find the product."""

    slug = models.SlugField(max_length=240, primary_key=True)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="former_slugs")

    def __str__(self) -> str:
        return self.slug


class Variant(models.Model):
    """One sellable thing: a SKU (kept in capitals) with a price and a stock that is never below zero."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="variants")
    sku = models.CharField("SKU", max_length=64, unique=True, validators=[validate_code])
    price = models.DecimalField(max_digits=14, decimal_places=3, validators=[MinValueValidator(Decimal(0))])
    stock = models.IntegerField(default=0)
    low_stock = models.PositiveIntegerField(
        "low at",
        null=True,
        blank=True,
        help_text="When the stock falls to this number or below it, staff get a mail. Empty: never.",
    )
    attributes = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(stock__gte=0), name="stock_never_below_zero"),
            models.CheckConstraint(condition=Q(price__gte=0), name="price_never_below_zero"),
            models.CheckConstraint(condition=Q(sku=Upper("sku")), name="sku_in_capitals"),
        ]

    def __str__(self) -> str:
        return self.sku

    def clean(self) -> None:
        self.sku = canonical_sku(self.sku)
        currency = self.product.currency
        if self.price is not None and is_currency(currency) and not fits(self.price, currency):
            raise ValidationError({"price": f"{currency} has {DIGITS[currency]} digits after the point."})
