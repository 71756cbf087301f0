from __future__ import annotations

from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7


class Mail(models.Model):
    """One mail: what it says, whom it goes to, and how far it has come."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        SENT = "sent"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=40)
    event_id = models.UUIDField(help_text="The event that asked for it.")
    order_id = models.UUIDField(null=True, db_index=True)
    to = models.EmailField(max_length=254)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    ses_id = models.CharField(max_length=120, blank=True)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["event_id", "kind"], name="each_mail_once")]

    def __str__(self) -> str:
        return f"{self.kind} to {self.to}"
