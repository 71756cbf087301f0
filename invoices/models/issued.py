from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from orders.models import Order, Refund


class NumberSeries(models.Model):
    """The last number given in a series and year; locking the row is what keeps numbers without gap or repeat."""

    series = models.CharField(max_length=10)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "number series"
        constraints = [models.UniqueConstraint(fields=["series", "year"], name="one_series_per_year")]

    def __str__(self) -> str:
        return f"{self.series}-{self.year}"


class Logo(models.Model):
    """A logo that documents were issued with, under the SHA-256 of its file: another file is another row."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    media_type = models.CharField(max_length=20)
    content = models.BinaryField()

    def __str__(self) -> str:
        return self.sha256[:12]


class Invoice(models.Model):
    """An issued document: number and content never change; the PDF's address and hash are added once it is stored.

    A credit note names the invoice that it `corrects`, and the `refund` that it is for; without one it is for all that
    was left of the invoice. A trigger of the database holds the promise (migration 0002), so that no code, admin or SQL
    prompt can break it. All that the PDF shows lies in this row: it can be rendered again long after the shop's name
    has changed.
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice"
        CREDIT_NOTE = "credit_note"

    class Paper(models.TextChoices):
        A4 = "A4"
        LETTER = "Letter"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    series = models.CharField(max_length=10)
    year = models.PositiveSmallIntegerField()
    sequence = models.PositiveIntegerField()
    number = models.CharField(max_length=30, unique=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="invoices")
    corrects = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrections")
    refund = models.ForeignKey(
        Refund, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    reason = models.CharField(max_length=500, blank=True, db_default="", default="", help_text="Of a credit note.")
    order_number = models.CharField(max_length=20)
    ordered_at = models.DateTimeField()
    payment_method = models.CharField(max_length=12)
    issued_at = models.DateTimeField(default=timezone.now)
    currency = models.CharField(max_length=3)
    language = models.CharField(max_length=10, db_default="en", default="en", help_text="The buyer's.")
    terms = models.JSONField(null=True, help_text="pay_by (transfer, pix, cash or the card) and due_on, if they say so")
    paper = models.CharField(max_length=6, choices=Paper.choices, db_default=Paper.A4, default=Paper.A4)
    logo = models.ForeignKey(Logo, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    seller = models.JSONField(
        help_text="name, address, country, tax_id, and those that it has: city, vat_id, iban, bic, pix_key"
    )
    buyer = models.JSONField(help_text="email, billing_address, shipping_address")
    lines = models.JSONField(
        help_text="kind (item, shipping or refund), sku, name, quantity, unit_price, tax_rate, tax, total"
    )
    totals = models.JSONField(help_text="net, tax, total, and taxes: rate, net, tax, total of each rate")
    key = models.CharField(max_length=200, blank=True, help_text="Where the PDF lies in the bucket.")
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveIntegerField(null=True)
    stored_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["series", "year", "sequence"], name="each_number_once"),
            models.UniqueConstraint(fields=["order"], condition=Q(kind="invoice"), name="one_invoice_per_order"),
            models.UniqueConstraint(
                fields=["refund"], condition=Q(refund__isnull=False), name="one_credit_note_per_refund"
            ),
            models.UniqueConstraint(
                fields=["corrects"],
                condition=Q(kind="credit_note", refund__isnull=True),
                name="one_credit_note_for_the_rest",
            ),
            models.CheckConstraint(
                condition=Q(kind="credit_note", corrects__isnull=False)
                | Q(kind="invoice", corrects__isnull=True, refund__isnull=True),
                name="credit_notes_correct_an_invoice",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_stored(self) -> bool:
        return self.stored_at is not None

    @property
    def prices_include_tax(self) -> bool:
        """Whether the lines' unit prices are gross, as they were when no document said so."""
        return bool(self.totals.get("prices_include_tax", True))


class HandOut(models.Model):
    """An address of a document's PDF that somebody was given, which anyone may read it at for some minutes.

    `by` is None for a guest, who had the order's tracking token, and after an account was deleted.
    """

    class Way(models.TextChoices):
        ACCOUNT = "account"
        TRACKING_TOKEN = "tracking_token"  # noqa: S105  (its name)
        ADMIN = "admin"

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="hand_outs")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    way = models.CharField(max_length=14, choices=Way.choices)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["at"], name="hand_out_oldest_first"),
            models.Index(fields=["by"], condition=Q(by__isnull=False), name="hand_out_by_person"),
        ]

    def __str__(self) -> str:
        return f"{self.invoice.number} {self.at:%Y-%m-%d %H:%M}"
