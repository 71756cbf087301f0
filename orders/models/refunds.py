from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from orders.models.orders import Order, OrderLine


class Refund(models.Model):
    """Money given back for an order, all or a part. Never changed. Gross, with the tax that it contains."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="refunds")
    amount = models.DecimalField(max_digits=16, decimal_places=3)
    tax = models.DecimalField(max_digits=16, decimal_places=3)
    reason = models.CharField(max_length=500)
    at = models.DateTimeField(default=timezone.now)
    by = models.CharField(max_length=254, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0, tax__gte=0, tax__lte=F("amount")), name="refund_adds_up")
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.order.currency}"


class RestockedLine(models.Model):
    """How many units of an order's line a refund put back into stock."""

    refund = models.ForeignKey(Refund, on_delete=models.CASCADE, related_name="restocked", db_index=False)
    line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="restocked_lines")
    quantity = models.PositiveIntegerField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["refund", "line"], name="each_line_once_per_refund"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="restocked_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.line.sku}"
