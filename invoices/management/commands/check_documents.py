"""`manage.py check_documents`: whether every issued document is in the bucket, and brings back those that are not."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from invoices import documents
from invoices.errors import DocumentDamaged, DocumentLost
from invoices.models import Invoice
from storage import bucket

AT_ONCE = 500


class Command(BaseCommand):
    help = (
        "Looks at each document's PDF in the bucket: whether it is there and of its size, or with --read, to the bit."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--read", action="store_true", help="read each PDF and compare its SHA-256")

    def handle(self, *args: Any, read: bool, **options: Any) -> None:
        found: Counter[str] = Counter()
        batch = self._after(None)
        while batch:
            for invoice in batch:
                outcome, fault = _check(invoice, read)
                found[outcome] += 1
                if fault:
                    self.stderr.write(fault)
            batch = self._after(batch[-1])
        told = ", ".join(f"{found[outcome]} {outcome}" for outcome in ("whole", "restored", "wrong"))
        if found["wrong"]:
            raise CommandError(f"{told}.")
        self.stdout.write(f"{told}.")

    def _after(self, last: Invoice | None) -> list[Invoice]:
        rows = Invoice.objects.exclude(stored_at=None).select_related("corrects", "logo").order_by("id")
        return list((rows.filter(id__gt=last.id) if last else rows)[:AT_ONCE])


def _check(invoice: Invoice, read: bool) -> tuple[str, str]:
    """What became of it (whole, restored or wrong), and what is to be said of it."""
    try:
        if bucket.size(invoice.key) != invoice.size:
            raise DocumentDamaged(f"{invoice.number}: {invoice.key} has another size than was stored.")
        if read:
            documents.read(invoice)
    except FileNotFoundError:
        try:
            documents.restore(invoice)
        except DocumentLost as error:
            return "wrong", str(error)
        return "restored", f"{invoice.number}: it was lost, and is back as it was."
    except DocumentDamaged as error:
        return "wrong", str(error)
    return "whole", ""
