"""What the invoices store about a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accounts.models import User
from accounts.own_data.parts import in_batches, tells
from invoices.models import Invoice
from invoices.reading.serializers import invoice_shown


@tells("invoices")
def invoices(user: User) -> Iterator[dict[str, Any]]:
    return map(invoice_shown, in_batches(Invoice.objects.filter(order__customer=user)))
