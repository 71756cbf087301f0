from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils import timezone
from uuid_utils.compat import uuid7

from catalog.money import DIGITS, fits, is_currency

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser

# ASCII, because capitals of other scripts are not the same in Python and in PostgreSQL, and SKUs end on barcodes.
validate_code = RegexValidator(r"\A[!-~](?:[ -~]*[!-~])?\Z", "Use ASCII letters, digits and signs.", "invalid_code")


def validate_currency(code: str) -> None:
    if not is_currency(code):
        raise ValidationError(f"{code} is not the ISO 4217 code of a current currency.", "invalid_currency")


def canonical_sku(sku: str) -> str:
    """The SKU as it is stored: `mug-1` and `MUG-1` are the same thing."""
    return sku.strip().upper()


class Category(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=140, unique=True)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")

    class Meta:
        verbose_name_plural = "categories"
        ordering = ["name"]
        constraints = [models.CheckConstraint(condition=~Q(parent=F("id")), name="category_not_its_own_parent")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        above, seen = self.parent, {self.id}
        while above is not None:
            if above.id in seen:
                raise ValidationError({"parent": "A category cannot lie below itself."})
            seen.add(above.id)
            above = above.parent


class Product(models.Model):
    """What a shop window shows. What is bought, and has a price and a stock, is one of its variants."""

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
        help_text="Per cent, contained in the price.",
    )
    currency = models.CharField(max_length=3, validators=[validate_currency], help_text="ISO 4217 code.")
    price = models.DecimalField(
        max_digits=14,
        decimal_places=3,
        default=Decimal(0),
        editable=False,
        help_text="Its cheapest variant's, kept here by the services so that lists sort by an index.",
    )
    attributes = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(Upper("code"), name="product_code_once_in_any_case")]
        indexes = [
            models.Index(fields=["name", "id"], name="product_by_name"),
            models.Index(fields=["price", "id"], name="product_by_price"),
            models.Index(fields=["created_at", "id"], name="product_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    def may_be_seen_by(self, user: AbstractBaseUser | AnonymousUser) -> bool:
        """Drafts and archived products are for staff alone."""
        return self.status == self.Status.ACTIVE or bool(getattr(user, "is_staff", False))


class Variant(models.Model):
    """One sellable thing: a SKU (kept in capitals) with a gross price and a stock that is never below zero."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="variants")
    sku = models.CharField("SKU", max_length=64, unique=True, validators=[validate_code])
    price = models.DecimalField(max_digits=14, decimal_places=3, validators=[MinValueValidator(Decimal(0))])
    stock = models.IntegerField(default=0)
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


class StockMovement(models.Model):
    """A line of the stock ledger: why a variant's stock changed, and what was left."""

    class Reason(models.TextChoices):
        ORDER = "order"
        CANCEL = "cancel"
        RECEIVED = "received"
        CORRECTION = "correction"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="movements")
    delta = models.IntegerField()
    balance = models.IntegerField()
    reason = models.CharField(max_length=12, choices=Reason.choices)
    order_id = models.UUIDField(null=True, blank=True, db_index=True)
    by = models.CharField(max_length=254, blank=True)
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.delta:+d} {self.reason}"
