"""What an order's timeline tells of its invoice and credit notes."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from invoices.models import Invoice
from invoices.templatetags.for_people import price
from orders.models import Order
from orders.timeline import LIMIT, Entry, tells


@tells("invoice", "Invoices")
def invoices(order: Order) -> Iterator[Entry]:
    for row in Invoice.objects.filter(order=order).order_by("-id")[:LIMIT]:
        links = (("PDF", reverse("admin:invoices_invoice_download", args=[row.pk])),) if row.is_stored else ()
        yield Entry(
            at=row.issued_at,
            kind="invoice",
            title=f"{row.get_kind_display().capitalize()} {row.number}",
            text=price(row.totals["total"], row.currency) + ("" if row.is_stored else " · the PDF is not stored yet"),
            link=reverse("admin:invoices_invoice_change", args=[row.pk]),
            links=links,
            mark="" if row.is_stored else "wait",
        )
