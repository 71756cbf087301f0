from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from uuid_utils.compat import uuid7


class Event(models.Model):
    """A recorded event. The table is the outbox until the relay has published the row, and the log for ever after.

    `position` is given by the relay alone, in one order: who has read up to position N has missed nothing before it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    type = models.CharField(max_length=60)
    version = models.PositiveSmallIntegerField(default=1)
    subject = models.CharField(max_length=160)
    data = models.JSONField()
    time = models.DateTimeField(default=timezone.now)
    customer_id = models.UUIDField(null=True, help_text="The customer who may follow it live, besides staff.")
    request_id = models.CharField(max_length=128, blank=True)
    traceparent = models.CharField(
        max_length=55, blank=True, default="", db_default="", help_text="The span that recorded it: see `api/tracing`."
    )
    position = models.BigIntegerField(null=True, unique=True)
    published_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="event_unpositioned", condition=Q(position=None)),
            models.Index(fields=["position"], name="event_unpublished", condition=Q(published_at=None)),
            models.Index(fields=["subject", "position"], name="event_by_subject"),
            models.Index(fields=["customer_id", "position"], name="event_by_customer"),
            models.Index(fields=["type", "position"], name="event_by_type"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.subject}"


class Inbox(models.Model):
    """One consumer's receipt for one event: claimed while a handler runs, done once its work is committed."""

    consumer = models.CharField(max_length=60)
    event_id = models.UUIDField()
    event_type = models.CharField(max_length=60)
    received_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveIntegerField(default=1)
    claimed_until = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    ignored = models.BooleanField(default=False, help_text="The consumer has no handler for this type.")
    last_error = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "inbox"
        constraints = [models.UniqueConstraint(fields=["consumer", "event_id"], name="one_receipt_per_consumer")]
        indexes = [models.Index(fields=["received_at"], name="inbox_undone", condition=Q(done_at=None))]

    def __str__(self) -> str:
        return f"{self.consumer} {self.event_id}"


class LogHead(models.Model):
    """The last position given, in one row that only the relay writes.

    It outlives the events: were the log ever emptied, no position would be given a second time.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    position = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_log_head")]

    def __str__(self) -> str:
        return str(self.position)
