"""A month's documents for whoever keeps the books: as a table, and as a ZIP with all PDFs. Sent while they are made."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Generator, Iterator
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone

from api.spreadsheets import Rows, download, guarded
from catalog.money import money
from invoices import documents
from invoices.errors import DocumentDamaged, DocumentLost
from invoices.models import Invoice

AT_ONCE = 200
"""Documents read from the database at a time."""
COLUMNS = (
    *("number", "kind", "corrects", "issued_on", "order", "ordered_on", "buyer", "country", "pay_by"),
    *("currency", "tax_rate", "net", "tax", "total"),
)
SIGNS = {Invoice.Kind.INVOICE: 1, Invoice.Kind.CREDIT_NOTE: -1}


def issued_in(year: int, month: int) -> QuerySet[Invoice]:
    """The documents of a month as the shop's clock has it. Raises ValueError for a month that there is not."""
    begin = timezone.make_aware(datetime(year, month, 1))  # noqa: DTZ001  (made aware here)
    end = timezone.make_aware(datetime(year + month // 12, month % 12 + 1, 1))  # noqa: DTZ001
    return Invoice.objects.filter(issued_at__gte=begin, issued_at__lt=end)


def table(year: int, month: int) -> StreamingHttpResponse:
    """A row for each document and tax rate; what a credit note takes back has a minus."""
    return download(f"invoices-{year}-{month:02}.csv", COLUMNS, _rows(issued_in(year, month)))


def archive(year: int, month: int) -> StreamingHttpResponse:
    """All PDFs of the month, each checked as it is read. One that is not there or not whole is named in MISSING.txt."""
    answer = StreamingHttpResponse(_zipped(issued_in(year, month)), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="invoices-{year}-{month:02}.zip"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def _batches(invoices: QuerySet[Invoice]) -> Iterator[list[Invoice]]:
    """By keyset, oldest first: nothing stays open in the database while a slow client takes its time."""
    rows = invoices.select_related("corrects", "logo").order_by("id")
    batch = list(rows[:AT_ONCE])
    while batch:
        yield batch
        batch = list(rows.filter(id__gt=batch[-1].id)[:AT_ONCE]) if len(batch) == AT_ONCE else []


def _rows(invoices: QuerySet[Invoice]) -> Generator[Rows, None, None]:
    for batch in _batches(invoices):
        yield (row for invoice in batch for row in _of(invoice))


def _of(invoice: Invoice) -> Iterator[list[str]]:
    address, sign = invoice.buyer["billing_address"], SIGNS[Invoice.Kind(invoice.kind)]
    facts = [
        invoice.number,
        invoice.kind,
        invoice.corrects.number if invoice.corrects else "",
        timezone.localdate(invoice.issued_at).isoformat(),
        invoice.order_number,
        timezone.localdate(invoice.ordered_at).isoformat(),
        guarded(address["name"]),
        address["country"],
        (invoice.terms or {}).get("pay_by", invoice.payment_method),
        invoice.currency,
    ]
    for tax in invoice.totals["taxes"]:
        amounts = (money(sign * Decimal(tax[part]), invoice.currency) for part in ("net", "tax", "total"))
        yield [*facts, tax["rate"], *amounts]


class _Taken(io.RawIOBase):
    """What a ZIP is written to: it cannot go back in it, and each part is taken away once it is there."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        part = bytes(data)  # type: ignore[call-overload]  # whatever holds bytes
        self.parts.append(part)
        return len(part)

    def take(self) -> bytes:
        taken, self.parts = b"".join(self.parts), []
        return taken


def _zipped(invoices: QuerySet[Invoice]) -> Iterator[bytes]:
    """One PDF in memory at a time. PDFs are compressed already."""
    target, missing = _Taken(), []
    with zipfile.ZipFile(target, "w") as archive:
        for batch in _batches(invoices):
            for invoice in batch:
                try:
                    content = _content(invoice)
                except (DocumentDamaged, DocumentLost) as error:
                    missing.append(str(error))
                    continue
                archive.writestr(zipfile.ZipInfo(f"{invoice.number}.pdf", _moment(invoice.issued_at)), content)
                yield target.take()
        if missing:
            archive.writestr("MISSING.txt", "\n".join(missing) + "\n")
    yield target.take()


def _content(invoice: Invoice) -> bytes:
    if not invoice.is_stored:
        raise DocumentLost(f"{invoice.number}: its PDF is not stored yet.")
    return documents.read(invoice)


def _moment(at: datetime) -> tuple[int, int, int, int, int, int]:
    local = timezone.localtime(at)
    return local.year, local.month, local.day, local.hour, local.minute, local.second
