"""What invoices do when an order is confirmed."""

from __future__ import annotations

import logging
from uuid import UUID

from django.db import transaction

from events.envelope import Received
from invoices import documents, services
from invoices.errors import NothingToInvoice
from orders.events import OrderConfirmed

log = logging.getLogger(__name__)


def issue_invoice(received: Received[OrderConfirmed]) -> None:
    """Number and content, then the PDF, then InvoiceGenerated.

    Three steps, each of which finds what the one before it has committed: a crash or an outage between any two leaves
    the number as it is, and the next delivery does the rest. Rendering and storing happen outside any transaction.
    """
    try:
        with transaction.atomic(durable=True):
            invoice = services.issue(order_id=UUID(received.event.order_id))
    except NothingToInvoice as reason:  # staff changed their mind while the message was on its way
        log.info("no invoice: %s", reason)
        return
    if invoice.is_stored:
        return
    stored = documents.store(invoice)
    with transaction.atomic(durable=True):
        services.mark_stored(invoice_id=invoice.id, key=stored.key, sha256=stored.sha256, size=stored.size)
