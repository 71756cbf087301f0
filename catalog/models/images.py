from __future__ import annotations

from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7

from catalog.models.products import Product


class ProductImage(models.Model):
    """A picture of a product: the original in S3, and a thumbnail that a worker makes of it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="images")
    position = models.PositiveIntegerField(default=0)
    alt = models.CharField("alt text", max_length=200, blank=True, help_text="What it shows, for who cannot see it.")
    key = models.CharField(max_length=200, editable=False, help_text="Where in the bucket the original lies.")
    thumbnail_key = models.CharField(max_length=200, blank=True, editable=False, help_text="Empty until it is made.")
    content_type = models.CharField(max_length=40, editable=False)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    size = models.PositiveIntegerField(editable=False, help_text="Bytes.")
    sha256 = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.alt or str(self.id)
