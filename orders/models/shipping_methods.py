from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from catalog.money import fits


class ShippingMethod(models.Model):
    """How an order can be sent, and for how much."""

    code = models.SlugField(max_length=20, primary_key=True)
    name = models.CharField(max_length=60)
    price = models.DecimalField(
        max_digits=14, decimal_places=3, help_text="In the shop's currency, gross or net as its other prices are."
    )
    free_from = models.DecimalField(
        max_digits=14,
        decimal_places=3,
        null=True,
        blank=True,
        help_text="Items' total, tax included, from which it costs nothing.",
    )
    tax_rate = models.DecimalField(
        max_digits=5, decimal_places=2, default=Decimal(0), help_text="Per cent, in the shop's own country."
    )

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
