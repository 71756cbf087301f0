from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from uuid_utils.compat import uuid7


class IncomingDocument(models.Model):
    """An upload that somebody asked for, and what became of it. Its id is the transaction id.

    It is open until the worker, its deadline or a cancel ends it; what has ended never changes again. Whoever moves it
    on holds its row's lock.
    """

    class State(models.TextChoices):
        """By the names that the socket tells them by."""

        URL_GENERATED = "URL_GENERATED", "waiting for the upload"
        INVOICE_RECEIVED = "INVOICE_RECEIVED", "received"
        INVOICE_PROCESSED = "INVOICE_PROCESSED", "processed"
        NON_VALID_INVOICE_NUMBER = "NON_VALID_INVOICE_NUMBER", "number not valid"
        INVOICE_REJECTED = "INVOICE_REJECTED", "rejected"
        TIMEOUT = "TIMEOUT", "timed out"
        INVOICE_CANCELLED = "INVOICE_CANCELLED", "cancelled"

    OPEN = (State.URL_GENERATED, State.INVOICE_RECEIVED)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    state = models.CharField(max_length=24, choices=State.choices, default=State.URL_GENERATED)
    detail = models.CharField(max_length=500, blank=True, help_text="Why it ended as it did.")
    errors = models.JSONField(default=list, blank=True, help_text="field, code and message of each thing wrong with it")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    requested_at = models.DateTimeField(default=timezone.now)
    deadline = models.DateTimeField(help_text="When it times out, unless it is processed by then.")
    received_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["deadline"],
                condition=Q(state__in=["URL_GENERATED", "INVOICE_RECEIVED"]),
                name="open_documents_by_deadline",
            ),
            models.Index(fields=["ended_at"], name="documents_by_end"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["URL_GENERATED", "INVOICE_RECEIVED"], ended_at__isnull=True)
                | (~Q(state__in=["URL_GENERATED", "INVOICE_RECEIVED"]) & Q(ended_at__isnull=False)),
                name="an_end_has_a_time",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def is_overdue(self) -> bool:
        return self.is_open and self.deadline <= timezone.now()


class SupplierInvoice(models.Model):
    """A supplier's invoice or credit note as it was imported; the document itself lies in the bucket, untouched.

    A supplier's number comes once, however its letters are written: the unique constraint holds two workers apart.
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice"
        CREDIT_NOTE = "credit_note"

    class Form(models.TextChoices):
        JSON = "json", "JSON"
        XML = "xml", "XML"
        PDF = "pdf", "PDF"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    document = models.OneToOneField(IncomingDocument, on_delete=models.PROTECT, related_name="invoice")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    form = models.CharField(max_length=4, choices=Form.choices)
    number = models.CharField(max_length=40)
    supplier = models.CharField(max_length=200)
    issued_on = models.DateField(null=True, blank=True, help_text="As the document says; JSON does not.")
    total = models.DecimalField(max_digits=15, decimal_places=3)
    currency = models.CharField(max_length=3)
    product_id = models.CharField(max_length=100, blank=True, help_text="Of JSON alone.")
    quantity = models.PositiveIntegerField(null=True, blank=True, help_text="Of JSON alone.")
    key = models.CharField(max_length=200, unique=True, help_text="Where the document lies in the bucket.")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    imported_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(Lower("supplier"), Lower("number"), name="each_supplier_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.number} of {self.supplier}"
