"""Issuing invoices. Two transactions with the PDF's making and storing between them: see `invoices/handlers.py`."""

from __future__ import annotations

from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from events.outbox import record
from invoices import content
from invoices.errors import NothingToInvoice
from invoices.events import InvoiceGenerated
from invoices.models import Invoice
from orders.models import Order

INVOICE_SERIES = "INV"

NEXT_NUMBER = """
INSERT INTO invoices_numberseries (series, year, last) VALUES (%s, %s, 1)
ON CONFLICT (series, year) DO UPDATE SET last = invoices_numberseries.last + 1
RETURNING last
"""


@transaction.atomic
def issue(*, order_id: UUID) -> Invoice:
    """The order's invoice, issued now if there is none: the next number of the year, and all that it says, frozen.

    Numbers have no gap: the series' row stays locked until this transaction ends, and rolls back with it. Safe to run
    twice and at once: the order's row is locked first, and the database refuses a second invoice of an order. Raises
    Order.DoesNotExist, and NothingToInvoice for an order that was cancelled before it had an invoice.
    """
    orders = Order.objects.select_related("shipping_method").select_for_update(of=("self",), no_key=True)
    order = orders.get(id=order_id)
    if issued := Invoice.objects.filter(order=order, kind=Invoice.Kind.INVOICE).first():
        return issued
    if order.status == Order.Status.CANCELLED:
        raise NothingToInvoice(f"Order {order.number} was cancelled before its invoice was issued.")
    now = timezone.now()
    year = timezone.localtime(now).year
    lines = content.lines_of(order, order.lines.all())
    totals = content.totals_of(order, lines)
    sequence = _next_number(INVOICE_SERIES, year)
    return Invoice.objects.create(
        kind=Invoice.Kind.INVOICE,
        series=INVOICE_SERIES,
        year=year,
        sequence=sequence,
        number=f"{INVOICE_SERIES}-{year}-{sequence:06d}",
        order=order,
        order_number=order.number,
        ordered_at=order.created_at,
        payment_method=order.payment_method,
        issued_at=now,
        currency=order.currency,
        seller=content.seller(),
        buyer=content.buyer_of(order),
        lines=lines,
        totals=totals,
    )


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


def _next_number(series: str, year: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(NEXT_NUMBER, [series, year])
        return int(cursor.fetchone()[0])
