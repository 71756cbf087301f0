from __future__ import annotations

from django.db import models
from django.utils import timezone
from uuid_utils.compat import uuid7

from invoices.models import Invoice


class Mail(models.Model):
    """One mail: what it says, whom it goes to, and how far it has come.

    The row comes first and holds the finished text, so that a delivery that is repeated sends the same mail, with the
    same `Message-ID`, and not one that reads differently.
    """

    class Kind(models.TextChoices):
        ORDER_RECEIVED = "order_received"
        ORDER_CONFIRMED = "order_confirmed"
        ORDER_SHIPPED = "order_shipped"
        ORDER_PART_SHIPPED = "order_part_shipped"
        ORDER_DELIVERED = "order_delivered"
        ORDER_CANCELLED = "order_cancelled"
        ORDER_REFUNDED = "order_refunded"
        ORDER_CREDITED = "order_credited"
        WELCOME = "welcome"
        STOCK_LOW = "stock_low"

    class Status(models.TextChoices):
        QUEUED = "queued"
        SENT = "sent"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=40, choices=Kind.choices)
    event_id = models.UUIDField(help_text="The event that asked for it.")
    event_type = models.CharField(max_length=60)
    order_id = models.UUIDField(null=True, db_index=True)
    order_number = models.CharField(max_length=20, blank=True)
    invoice = models.ForeignKey(
        Invoice, null=True, on_delete=models.PROTECT, related_name="+", help_text="Whose PDF is attached."
    )
    to = models.EmailField(max_length=254)
    to_name = models.CharField(max_length=150, blank=True)
    language = models.CharField(max_length=10, default="en", db_default="en")
    template_fault = models.TextField(
        blank=True, default="", db_default="", help_text="What was wrong with the shop's own templates: ours were used."
    )
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
        constraints = [models.UniqueConstraint(fields=["event_id", "kind", "to"], name="each_mail_once_for_each")]
        indexes = [models.Index(fields=["-created_at"], name="mail_failed", condition=models.Q(status="failed"))]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} to {self.to}"
