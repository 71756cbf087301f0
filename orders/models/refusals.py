from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models


class Refusal(models.Model):
    """An order that was not placed, as the event OrderRejected told: for the staff page of refusals."""

    event_id = models.UUIDField(primary_key=True, editable=False)
    at = models.DateTimeField()
    code = models.CharField(max_length=40, help_text="The problem code of the answer.")
    reason = models.CharField(max_length=1000)
    request_id = models.CharField(max_length=128, blank=True)
    items = models.JSONField(help_text="sku, quantity, and available where it ran short")
    skus = ArrayField(models.CharField(max_length=64), verbose_name="SKUs")

    class Meta:
        ordering = ["-at", "-event_id"]
        indexes = [
            models.Index(fields=["-at", "-event_id"], name="refusal_newest_first"),
            models.Index(fields=["code", "-at"], name="refusal_by_code"),
            GinIndex(fields=["skus"], name="refusal_by_sku"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.at:%Y-%m-%d %H:%M}"
