from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from uuid_utils.compat import uuid7


class Address(models.Model):
    """An entry of a person's address book. An order has a copy of its own, which no change here touches."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="addresses",
        db_index=False,  # `address_by_user` begins with it
    )
    name = models.CharField(max_length=120)
    line1 = models.CharField(max_length=120)
    line2 = models.CharField(max_length=120, blank=True)
    city = models.CharField(max_length=80)
    region = models.CharField(max_length=80, blank=True)
    postal_code = models.CharField(max_length=16, blank=True, help_text="Empty only where the country asks for none.")
    country = models.CharField(max_length=2, help_text="ISO 3166-1 alpha-2.")
    default_shipping = models.BooleanField(default=False)
    default_billing = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "addresses"
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(default_shipping=True), name="one_default_shipping_address"
            ),
            models.UniqueConstraint(
                fields=["user"], condition=Q(default_billing=True), name="one_default_billing_address"
            ),
        ]
        indexes = [models.Index(fields=["user", "-id"], name="address_by_user")]

    def __str__(self) -> str:
        return f"{self.name}, {self.city}"
