from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from uuid_utils.compat import uuid7

from invoices.models import Invoice


class Mail(models.Model):
    """One mail: what it says, whom it goes to, and how far it has come.

    Queued, sent (SES has it), delivered (the receiving server has it), bounced or complained of; failed, where SES did
    not take it; suppressed, where nobody tried: the address is on the list of `Suppression`.

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
        DELIVERED = "delivered"
        BOUNCED = "bounced"
        COMPLAINED = "complained"
        FAILED = "failed"
        SUPPRESSED = "suppressed"

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
    outcome = models.TextField(blank=True, default="", db_default="", help_text="What the other side last said to it.")
    outcome_at = models.DateTimeField(null=True)
    resends = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.SET_NULL,
        related_name="resent",
        db_index=False,  # `mail_resent` is one of the few that there are
        help_text="The mail that this one sends again.",
    )
    asked_by = models.CharField(
        max_length=254, blank=True, default="", db_default="", help_text="Who had it sent again."
    )

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["event_id", "kind", "to"], name="each_mail_once_for_each")]
        indexes = [
            models.Index(fields=["-created_at"], name="mail_failed", condition=Q(status="failed")),
            models.Index(fields=["ses_id"], name="mail_by_ses_id", condition=~Q(ses_id="")),
            models.Index(fields=["resends"], name="mail_resent", condition=Q(resends__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} to {self.to}"


class Suppression(models.Model):
    """An address that is not written to any more, since when, and why; and who took it off the list, and when.

    Whoever goes on writing to addresses that bounce, or to people who complained, is shut out by SES.
    """

    class Reason(models.TextChoices):
        HARD_BOUNCE = "hard_bounce"
        COMPLAINT = "complaint"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    address = models.EmailField(max_length=254, help_text="In small letters.")
    reason = models.CharField(max_length=12, choices=Reason.choices)
    detail = models.TextField(blank=True, help_text="What the other side said.")
    mail = models.ForeignKey(Mail, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    lifted_at = models.DateTimeField(null=True, editable=False)
    lifted_by = models.CharField(max_length=254, blank=True, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["address"], condition=Q(lifted_at=None), name="suppressed_once"),
            models.CheckConstraint(condition=Q(address=Lower("address")), name="suppression_in_small_letters"),
        ]

    def __str__(self) -> str:
        return self.address

    @property
    def is_active(self) -> bool:
        return self.lifted_at is None

    @property
    def why(self) -> str:
        what = "a mail came back for good" if self.reason == self.Reason.HARD_BOUNCE else "the addressee complained"
        return f"{self.address} is not written to since {self.at:%-d %B %Y}, because {what}"


class SendingPace(models.Model):
    """When SES may be given the next mail, in one row that all workers move on: see `notifications/mail/pace.py`."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    next_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_sending_pace")]

    def __str__(self) -> str:
        return f"{self.next_at}"
