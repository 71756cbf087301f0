from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F, Q
from django.db.models.fields.json import KT
from django.db.models.functions import Lower, Reverse
from django.utils import timezone
from uuid_utils.compat import uuid7

from accounts.rights import Right, may
from catalog.models import Variant
from orders.models.shipping_methods import ShippingMethod

if TYPE_CHECKING:
    from accounts.models import User


class Order(models.Model):
    """A buyer's order. Prices, tax and totals are frozen at placing; `version` grows with each change.

    Amounts of an order are gross. `prices_include_tax` says what its lines' unit prices are: see `OrderLine`.
    """

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
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="orders",
        db_index=False,  # `order_by_customer` begins with it
    )
    email = models.EmailField(max_length=254)
    currency = models.CharField(max_length=3)
    payment_method = models.CharField(max_length=12, choices=PaymentMethod.choices)
    shipping_method = models.ForeignKey(ShippingMethod, on_delete=models.PROTECT, db_index=False)
    shipping_address = models.JSONField()
    billing_address = models.JSONField(null=True, blank=True)
    note = models.CharField(max_length=1000, blank=True)
    carrier = models.CharField(max_length=60, blank=True, help_text="Of the latest shipment.")
    tracking_number = models.CharField(max_length=80, blank=True, help_text="Of the latest shipment.")
    prices_include_tax = models.BooleanField(db_default=True, default=True)
    items_total = models.DecimalField(max_digits=16, decimal_places=3)
    shipping_total = models.DecimalField(max_digits=16, decimal_places=3)
    shipping_tax_rate = models.DecimalField(max_digits=5, decimal_places=2, default=Decimal(0), help_text="Per cent.")
    tax_total = models.DecimalField(
        max_digits=16, decimal_places=3, help_text="Contained in the total: of all lines and of the shipping."
    )
    total = models.DecimalField(max_digits=16, decimal_places=3)
    refunded_total = models.DecimalField(max_digits=16, decimal_places=3, default=Decimal(0))
    version = models.PositiveIntegerField(default=1, editable=False)
    tracking_revision = models.PositiveSmallIntegerField(
        default=0, db_default=0, editable=False, help_text="A tracking token of an earlier revision is revoked."
    )
    hidden_at = models.DateTimeField(null=True, editable=False, help_text="Set by DELETE: only the admin shows it.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(total=F("items_total") + F("shipping_total")), name="order_total_adds_up"
            ),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="order_email_in_small_letters"),
            models.CheckConstraint(
                condition=Q(refunded_total__gte=0, refunded_total__lte=F("total")), name="order_refund_within_total"
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="order_newest_first"),
            models.Index(fields=["customer", "-created_at", "-id"], name="order_by_customer"),
            models.Index(fields=["status", "-created_at", "-id"], name="order_by_status"),
            models.Index(
                fields=["email", "-created_at", "-id"],
                opclasses=["varchar_pattern_ops", "timestamptz_ops", "uuid_ops"],  # by its beginning, too
                name="order_by_email_or_part",
            ),
            models.Index(fields=["total", "-created_at"], name="order_by_total"),
            # Staff search by the end of a number, and by the words of a name.
            models.Index(OpClass(Reverse("number"), "text_pattern_ops"), name="order_by_number_end"),
            GinIndex(SearchVector(KT("shipping_address__name"), config="simple"), name="order_by_name"),
        ]

    def __str__(self) -> str:
        return self.number

    def can_become(self, status: str) -> bool:
        return status in self.TRANSITIONS[self.Status(self.status)]

    @property
    def left_to_refund(self) -> Decimal:
        return self.total - self.refunded_total

    def can_be_cancelled_by(self, user: User) -> bool:
        """Buyers may cancel while the order is pending, staff while it is not shipped."""
        return self.can_become(self.Status.CANCELLED) and (
            may(user, Right.CHANGE_ORDERS) or self.status == self.Status.PENDING
        )


class OrderLine(models.Model):
    """One SKU of an order, with the price and the tax of the moment it was placed.

    `total` is gross and contains `tax`. The unit price is gross too, or net where the order's prices do not include
    tax: then the total is the price of all units and the tax on it.
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines", db_index=False)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="order_lines")
    position = models.PositiveSmallIntegerField()
    sku = models.CharField("SKU", max_length=64)
    name = models.CharField(max_length=200)
    quantity = models.PositiveIntegerField()
    unit_price = models.DecimalField(max_digits=14, decimal_places=3)
    tax_rate = models.DecimalField(max_digits=5, decimal_places=2)
    tax = models.DecimalField(max_digits=16, decimal_places=3)
    total = models.DecimalField(max_digits=16, decimal_places=3)
    shipped = models.PositiveIntegerField(default=0, db_default=0, help_text="Units, of all shipments.")
    restocked = models.PositiveIntegerField(default=0, db_default=0, help_text="Units, of all refunds.")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["order", "variant"], name="one_line_per_variant"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="line_quantity_positive"),
            models.CheckConstraint(
                condition=Q(total=F("unit_price") * F("quantity"))
                | Q(total=F("unit_price") * F("quantity") + F("tax")),
                name="line_total_is_price_or_with_tax",
            ),
            models.CheckConstraint(condition=Q(shipped__lte=F("quantity")), name="line_shipped_within_quantity"),
            models.CheckConstraint(condition=Q(restocked__lte=F("quantity")), name="line_restocked_within_quantity"),
        ]
        indexes = [models.Index(fields=["sku", "order"], name="line_by_sku")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"

    @property
    def left_to_ship(self) -> int:
        """Units that wait for a parcel. What goes back into stock is taken from these first, as long as there are any:
        the same unit must not be sold again and shipped.
        """
        return max(0, self.quantity - self.shipped - self.restocked)

    @property
    def left_to_restock(self) -> int:
        return self.quantity - self.restocked


class OrderHistory(models.Model):
    """A status that an order took, when, by whom and why."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="history", db_index=False)
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
