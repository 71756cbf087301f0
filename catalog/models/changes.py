from __future__ import annotations

from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7


class Change(models.Model):
    """A line of the catalog's audit: who changed what, when, from what to what. Stock has a ledger of its own."""

    class Action(models.TextChoices):
        CREATED = "created"
        UPDATED = "updated"
        ARCHIVED = "archived"
        DELETED = "deleted"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20, help_text="product or category")
    subject_id = models.UUIDField(help_text="The id of the product or category, which may be gone.")
    name = models.CharField(max_length=200, help_text="What it was called then.")
    action = models.CharField(max_length=10, choices=Action.choices)
    changes = models.JSONField(default=dict, help_text="Field → its value before and after.")
    by = models.CharField(max_length=254, blank=True)
    request_id = models.CharField(max_length=128, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["subject_id", "-id"], name="change_of_subject")]

    def __str__(self) -> str:
        return f"{self.name} {self.action}"
