from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from accounts.addresses.countries import COUNTRIES


class TaxRate(models.Model):
    """A country's rate of a kind. A product has the rate of the shop's own country, which says of what kind it is;
    elsewhere the rate of that kind applies, or the standard one where the country has none of it.

    A country that is not in the table, and a rate that the shop's own country does not have, leave a product's rate as
    it is.
    """

    class Kind(models.TextChoices):
        STANDARD = "standard"
        REDUCED = "reduced"
        SECOND_REDUCED = "second_reduced"
        SUPER_REDUCED = "super_reduced"
        ZERO = "zero"

    country = models.CharField(max_length=2, help_text="Of delivery, as ISO 3166-1 alpha-2 has it: DE.")
    kind = models.CharField(max_length=14, choices=Kind.choices)
    rate = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
        help_text="Per cent.",
    )

    class Meta:
        ordering = ["country", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["country", "kind"], name="one_rate_per_country_and_kind"),
            models.UniqueConstraint(fields=["country", "rate"], name="a_rate_is_of_one_kind"),
            models.CheckConstraint(condition=Q(rate__gte=0, rate__lte=100), name="tax_rate_is_per_cent"),
        ]

    def __str__(self) -> str:
        return f"{self.country} {self.kind}: {self.rate} %"

    def clean(self) -> None:
        """Complains at the field that somebody would change; Django's constraints do at the top of the page."""
        self.country = self.country.upper()
        if self.country not in COUNTRIES:
            raise ValidationError({"country": "Give a country as ISO 3166-1 alpha-2 has it, such as DE."})
        others = TaxRate.objects.filter(country=self.country).exclude(pk=self.pk)
        if others.filter(kind=self.kind).exists():
            raise ValidationError({"kind": f"{self.country} has a rate of this kind: change that one."})
        if others.filter(rate=self.rate).exists():
            raise ValidationError({"rate": f"{self.country} has this rate already, of another kind."})
