"""What the invoices store about a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accounts.models import User
from accounts.own_data.parts import in_batches, tells
from invoices.models import HandOut, Invoice
from invoices.reading.serializers import invoice_shown


@tells("invoices")
def invoices(user: User) -> Iterator[dict[str, Any]]:
    return map(invoice_shown, in_batches(Invoice.objects.filter(order__customer=user)))


@tells("documents_handed_out")
def hand_outs(user: User) -> Iterator[dict[str, Any]]:
    """The addresses of documents that the person was given, which leave a trace of when they looked."""
    for row in in_batches(HandOut.objects.filter(by=user).select_related("invoice")):
        yield {"at": row.at, "invoice": row.invoice.number, "way": row.way}
