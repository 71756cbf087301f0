"""What invoices do when an order is confirmed, refunded or cancelled, and when an invoice is voided."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from events.envelope import Received
from invoices import documents
from invoices.events import InvoiceVoided
from invoices.issuing.services import settle
from invoices.keeping.services import mark_stored
from orders.events import OrderEvent


def issue_documents(received: Received[OrderEvent | InvoiceVoided]) -> None:
    """The order's invoice and credit notes, as far as they are due and missing; then their PDFs and InvoiceGenerated.

    Three steps, each of which finds what the one before it has committed: a crash or an outage between any two leaves
    the numbers as they are, and the next delivery does the rest. Rendering and storing happen outside any transaction.
    """
    with transaction.atomic(durable=True):
        issued = settle(order_id=UUID(received.event.order_id))
    for document in issued:
        if document.is_stored:
            continue
        stored = documents.store(document)
        with transaction.atomic(durable=True):
            mark_stored(invoice_id=document.id, key=stored.key, sha256=stored.sha256, size=stored.size)
