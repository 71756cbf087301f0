from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from uuid_utils.compat import uuid7


class Import(models.Model):
    """A file that a worker takes over row by row; `done` of `rows` are behind it, and another worker goes on there."""

    class Kind(models.TextChoices):
        PRODUCTS = "products"

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    UNFINISHED = (Status.QUEUED, Status.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.PRODUCTS)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    dry_run = models.BooleanField(default=False, help_text="Checks every row and changes nothing.")
    key = models.CharField(max_length=200, help_text="Where in the bucket the file lies.")
    filename = models.CharField(max_length=200, blank=True)
    mapping = models.JSONField(default=dict, blank=True, help_text="Our column → the file's.")
    encoding = models.CharField(max_length=20, blank=True, db_default="", help_text="How the text was read.")
    separator = models.CharField(max_length=1, blank=True, db_default="", help_text="What stands between its fields.")
    rows = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True, help_text="Why it failed as a whole.")
    by = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind"], condition=Q(status__in=["queued", "running"]), name="one_import_of_a_kind_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return self.filename or self.kind

    @property
    def is_over(self) -> bool:
        return self.status not in self.UNFINISHED

    @property
    def rejected_count(self) -> int:
        """Rows; one of them may have several things wrong with it."""
        return self.done - self.created - self.updated - self.unchanged


class RejectedRow(models.Model):
    """A row of an import that was not taken over, and why."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    run = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="rejected")
    row = models.PositiveIntegerField(help_text="The line of the file, the header being line 1.")
    column = models.CharField(max_length=80, blank=True)
    code = models.CharField(max_length=60)
    message = models.TextField()

    class Meta:
        ordering = ["run", "row", "id"]

    def __str__(self) -> str:
        return f"line {self.row}: {self.message}"
