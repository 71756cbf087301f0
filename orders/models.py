from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from uuid_utils.compat import uuid7

from catalog.models import Variant
from catalog.money import fits

if TYPE_CHECKING:
    from accounts.models import User


class ShippingMethod(models.Model):
    """How an order can be sent, and for how much."""

    code = models.SlugField(max_length=20, primary_key=True)
    name = models.CharField(max_length=60)
    price = models.DecimalField(max_digits=14, decimal_places=3, help_text="Gross, in the shop's currency.")
    free_from = models.DecimalField(
        max_digits=14, decimal_places=3, null=True, blank=True, help_text="Items' total from which it costs nothing."
    )
    tax_rate = models.DecimalField(max_digits=5, decimal_places=2, default=Decimal(0), help_text="Per cent, contained.")

    class Meta:
        ordering = ["price"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuses amounts that no order could have: negative ones, and parts of the currency's smallest unit."""
        for field in ("price", "free_from"):
            amount = getattr(self, field)
            if amount is not None and (amount < 0 or not fits(amount, settings.SHOP_CURRENCY)):
                raise ValidationError({field: f"Give zero or more, in whole minor units of {settings.SHOP_CURRENCY}."})
        if self.tax_rate is not None and not 0 <= self.tax_rate <= 100:
            raise ValidationError({"tax_rate": "Give 0 to 100 per cent."})

    def price_for(self, items_total: Decimal) -> Decimal:
        return Decimal(0) if self.free_from is not None and items_total >= self.free_from else self.price


class Order(models.Model):
    """A buyer's order. Prices, tax and totals are frozen at placing; `version` grows with each change."""

    class Status(models.TextChoices):
        PENDING = "pending"
        CONFIRMED = "confirmed"
        SHIPPED = "shipped"
        DELIVERED = "delivered"
        CANCELLED = "cancelled"
        REFUNDED = "refunded"

    class PaymentMethod(models.TextChoices):
        CASH = "cash"
        DEBIT_CARD = "debit_card"
        CREDIT_CARD = "credit_card"

    TRANSITIONS = {
        Status.PENDING: {Status.CONFIRMED, Status.CANCELLED},
        Status.CONFIRMED: {Status.SHIPPED, Status.CANCELLED, Status.REFUNDED},
        Status.SHIPPED: {Status.DELIVERED, Status.REFUNDED},
        Status.DELIVERED: {Status.REFUNDED},
        Status.CANCELLED: set(),
        Status.REFUNDED: set(),
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(max_length=20, unique=True, editable=False)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="orders"
    )
    email = models.EmailField(max_length=254)
    currency = models.CharField(max_length=3)
    payment_method = models.CharField(max_length=12, choices=PaymentMethod.choices)
    shipping_method = models.ForeignKey(ShippingMethod, on_delete=models.PROTECT)
    shipping_address = models.JSONField()
    billing_address = models.JSONField(null=True, blank=True)
    note = models.CharField(max_length=1000, blank=True)
    carrier = models.CharField(max_length=60, blank=True)
    tracking_number = models.CharField(max_length=80, blank=True)
    items_total = models.DecimalField(max_digits=16, decimal_places=3)
    shipping_total = models.DecimalField(max_digits=16, decimal_places=3)
    shipping_tax_rate = models.DecimalField(max_digits=5, decimal_places=2, default=Decimal(0), help_text="Per cent.")
    tax_total = models.DecimalField(
        max_digits=16, decimal_places=3, help_text="Contained in the total: of all lines and of the shipping."
    )
    total = models.DecimalField(max_digits=16, decimal_places=3)
    refunded_total = models.DecimalField(max_digits=16, decimal_places=3, default=Decimal(0))
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(total=F("items_total") + F("shipping_total")), name="order_total_adds_up"
            ),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="order_email_in_small_letters"),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="order_newest_first"),
            models.Index(fields=["customer", "-created_at", "-id"], name="order_by_customer"),
            models.Index(fields=["status", "-created_at", "-id"], name="order_by_status"),
            models.Index(fields=["email", "-created_at", "-id"], name="order_by_email"),
        ]

    def __str__(self) -> str:
        return self.number

    def can_become(self, status: str) -> bool:
        return status in self.TRANSITIONS[self.Status(self.status)]

    def can_be_cancelled_by(self, user: User) -> bool:
        """Buyers may cancel while the order is pending, staff while it is not shipped."""
        return self.can_become(self.Status.CANCELLED) and (user.is_staff or self.status == self.Status.PENDING)


class OrderLine(models.Model):
    """One SKU of an order, with the price and the tax of the moment it was placed."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="order_lines")
    position = models.PositiveSmallIntegerField()
    sku = models.CharField("SKU", max_length=64)
    name = models.CharField(max_length=200)
    quantity = models.PositiveIntegerField()
    unit_price = models.DecimalField(max_digits=14, decimal_places=3)
    tax_rate = models.DecimalField(max_digits=5, decimal_places=2)
    tax = models.DecimalField(max_digits=16, decimal_places=3)
    total = models.DecimalField(max_digits=16, decimal_places=3)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["order", "variant"], name="one_line_per_variant"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="line_quantity_positive"),
            models.CheckConstraint(condition=Q(total=F("unit_price") * F("quantity")), name="line_total_adds_up"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"


class OrderHistory(models.Model):
    """A status that an order took, when, by whom and why."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="history")
    status = models.CharField(max_length=10, choices=Order.Status.choices)
    at = models.DateTimeField(default=timezone.now)
    by = models.CharField(max_length=254, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "history"
        constraints = [models.UniqueConstraint(fields=["order", "status"], name="each_status_once")]

    def __str__(self) -> str:
        return self.status
