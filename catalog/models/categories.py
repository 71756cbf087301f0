from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7

# What can stand in an address as `attr.<name>=`, and as a CSV column, without any escaping.
validate_attribute_name = RegexValidator(
    r"\A[a-z0-9][a-z0-9_-]*\Z", "Use small letters, digits, _ and -.", "invalid_name"
)


class Category(models.Model):
    """A branch of the tree that the shop's products hang in."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=140, unique=True)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    version = models.PositiveIntegerField(default=1, db_default=1, editable=False)

    class Meta:
        verbose_name_plural = "categories"
        ordering = ["name"]
        constraints = [models.CheckConstraint(condition=~Q(parent=F("id")), name="category_not_its_own_parent")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        above, seen = self.parent, {self.id}
        while above is not None:
            if above.id in seen:
                raise ValidationError({"parent": "A category cannot lie below itself."})
            seen.add(above.id)
            above = above.parent


class CategoryAttribute(models.Model):
    """An attribute that the products of a category and of all below it have, and of what type its value is."""

    class Kind(models.TextChoices):
        TEXT = "text"
        NUMBER = "number"
        BOOLEAN = "boolean"
        CHOICE = "choice"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    category = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="attribute_definitions")
    name = models.CharField(max_length=60, validators=[validate_attribute_name])
    type = models.CharField(max_length=8, choices=Kind.choices, default=Kind.TEXT)
    choices = models.JSONField(default=list, blank=True, help_text="What there is to choose, where the type is choice.")

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["category", "name"], name="attribute_once_in_its_category")]

    def __str__(self) -> str:
        return f"{self.name} ({self.type})"
