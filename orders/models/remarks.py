from __future__ import annotations

from django.db import models
from django.utils import timezone

from orders.models.orders import Order


class Note(models.Model):
    """What staff wrote down about an order: for themselves, or shown to the buyer."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="notes")
    text = models.CharField(max_length=2000)
    for_buyer = models.BooleanField(default=False)
    at = models.DateTimeField(default=timezone.now)
    by = models.CharField(max_length=254)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text[:60]


class AddressChange(models.Model):
    """The address that an order had before it was changed, by whom and when."""

    class Kind(models.TextChoices):
        SHIPPING = "shipping"
        BILLING = "billing"

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="address_changes")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    before = models.JSONField(null=True)
    at = models.DateTimeField(default=timezone.now)
    by = models.CharField(max_length=254)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"
