from __future__ import annotations

from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7

from catalog.models.products import Variant


class StockMovement(models.Model):
    """A line of the stock ledger: why a variant's stock changed, and what was left."""

    class Reason(models.TextChoices):
        ORDER = "order"
        CANCEL = "cancel"
        RETURN = "return"
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
