from __future__ import annotations

from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from uuid_utils.compat import uuid7

from orders.models.orders import Order, OrderLine

PLACE = "{tracking_number}"


class Carrier(models.Model):
    """Who takes parcels, and where a buyer sees how far one has come."""

    name = models.CharField(max_length=60)
    tracking_url = models.CharField(
        "tracking address", max_length=300, blank=True, help_text=f"Such as https://example.com/track/{PLACE}"
    )

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="carrier_name_in_any_case")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuses an address that no browser could open, or that leads every buyer to the same page."""
        if not self.tracking_url:
            return
        if self.tracking_url.count(PLACE) != 1:
            raise ValidationError({"tracking_url": f"Write {PLACE} once, where the number goes."})
        try:
            URLValidator(schemes=["https", "http"])(self.tracking_url.replace(PLACE, "1Z"))
        except ValidationError:
            raise ValidationError({"tracking_url": "Give an address that begins with https://."}) from None

    def address_of(self, tracking_number: str) -> str:
        """Where this parcel is followed; empty where the carrier has no such page."""
        return self.tracking_url.replace(PLACE, quote(tracking_number, safe=""))


class Shipment(models.Model):
    """A parcel of an order: all that was left of it, or a part. Never changed; the tracking address is frozen."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="shipments")
    carrier = models.CharField(max_length=60)
    tracking_number = models.CharField(max_length=80)
    tracking_url = models.CharField(max_length=600, blank=True)
    at = models.DateTimeField(default=timezone.now)
    by = models.CharField(max_length=254, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["tracking_number"], name="shipment_by_tracking_number")]

    def __str__(self) -> str:
        return f"{self.carrier} {self.tracking_number}"


class ShipmentLine(models.Model):
    """How many units of an order's line went with a parcel."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="lines", db_index=False)
    line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="shipment_lines")
    quantity = models.PositiveIntegerField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["shipment", "line"], name="each_line_once_per_shipment"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="shipment_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.line.sku}"
