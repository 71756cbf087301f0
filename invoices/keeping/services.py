"""Noting where a document's PDF lies, once it does."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from events.outbox import record
from invoices.events import InvoiceGenerated
from invoices.models import Invoice


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
