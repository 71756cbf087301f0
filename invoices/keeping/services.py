"""Where a document's PDF lies, and who was given the way to it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from api.ids import earliest_id
from events.outbox import record
from invoices.errors import InvoiceNotReady
from invoices.events import InvoiceGenerated, InvoiceMailRequested
from invoices.models import HandOut, Invoice
from storage import bucket

FORGOTTEN_AT_ONCE = 10_000
LOOKED_BACK = timedelta(days=3)


@transaction.atomic
def mark_stored(*, invoice_id: UUID, key: str, sha256: str, size: int) -> Invoice:
    """Notes where the PDF lies and records InvoiceGenerated: the first to come does both, later ones neither."""
    invoice = Invoice.objects.select_for_update(of=("self",)).select_related("order").get(id=invoice_id)
    if invoice.is_stored:
        return invoice
    invoice.key, invoice.sha256, invoice.size, invoice.stored_at = key, sha256, size, timezone.now()
    invoice.save(update_fields=["key", "sha256", "size", "stored_at"])
    record(
        InvoiceGenerated(
            invoice_id=str(invoice.id),
            number=invoice.number,
            kind=invoice.kind,
            order_id=str(invoice.order_id),
            order_number=invoice.order_number,
            sha256=sha256,
            size=size,
        ),
        customer_id=invoice.order.customer_id,
    )
    return invoice


def hand_out(invoice: Invoice, *, by: User | None, way: HandOut.Way) -> tuple[str, datetime]:
    """An address that anyone may read the PDF at, and the moment it ends; who got it is on record first.

    Raises InvoiceNotReady until the PDF is stored.
    """
    if not invoice.is_stored:
        raise InvoiceNotReady
    HandOut.objects.create(invoice=invoice, by=by, way=way)
    return bucket.signed_url(invoice.key)


def forget_old_hand_outs() -> int:
    """Deletes what is kept no longer, so many at most, and says how many."""
    before = timezone.now() - timedelta(days=settings.INVOICE_ACCESS_LOG_DAYS)
    oldest = HandOut.objects.filter(at__lt=before).order_by("at").values("pk")[:FORGOTTEN_AT_ONCE]
    return HandOut.objects.filter(pk__in=oldest).delete()[0]


def waiting_for() -> timedelta:
    """How long the oldest document has been waiting for its PDF, of those of the last days."""
    recent = Invoice.objects.filter(id__gte=earliest_id(LOOKED_BACK))
    oldest = recent.filter(stored_at=None).order_by("id").values_list("issued_at", flat=True).first()
    return timezone.now() - oldest if oldest else timedelta(0)


@transaction.atomic
def send_again(*, invoice_id: UUID) -> None:
    """Asks for the document's mail once more. Raises InvoiceNotReady until the PDF is stored."""
    invoice = Invoice.objects.get(id=invoice_id)
    if not invoice.is_stored:
        raise InvoiceNotReady
    record(InvoiceMailRequested(invoice_id=str(invoice.id), number=invoice.number, order_id=str(invoice.order_id)))
