"""The PDF of an invoice: made from the frozen row, kept in the bucket, and checked when it is read again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from invoices.errors import DocumentDamaged, DocumentLost
from invoices.models import Invoice
from storage import bucket


@dataclass(frozen=True)
class Stored:
    """Where a PDF lies, its SHA-256 in hexadecimal, and its size in bytes."""

    key: str
    sha256: str
    size: int


def store(invoice: Invoice) -> Stored:
    """Renders the PDF and puts it into the bucket. Needs no transaction, and may run any number of times.

    The key holds a part of the hash: another rendering (by a newer version, say) gets another key and never replaces a
    document that was issued.
    """
    content = _rendered(invoice)
    sha256 = hashlib.sha256(content).hexdigest()
    key = f"invoices/{invoice.year}/{sha256[:16]}/{invoice.number}.pdf"
    bucket.store(key, content, content_type="application/pdf", download=True)
    return Stored(key, sha256, len(content))


def read(invoice: Invoice) -> bytes:
    """The stored PDF. One that is lost is rendered again, see `restore`.

    Raises DocumentDamaged if it is not, to the bit, the one that was stored.
    """
    try:
        content = bucket.read(invoice.key)
    except FileNotFoundError:
        return restore(invoice)
    if not _is_the_one(invoice, content):
        raise DocumentDamaged(f"{invoice.number}: size or SHA-256 of {invoice.key} differ from what was stored.")
    return content


def restore(invoice: Invoice) -> bytes:
    """Renders a document that is lost, and stores it in its place if it is the same to the bit.

    Raises DocumentLost if it is not: what was issued is not replaced by something else. The shop's image of that time,
    with its fonts and libraries, renders it as it was; the bucket's versions may have it too.
    """
    content = _rendered(invoice)
    if not _is_the_one(invoice, content):
        raise DocumentLost(f"{invoice.number}: {invoice.key} is lost, and rendered again it is not the same.")
    bucket.store(invoice.key, content, content_type="application/pdf", download=True)
    return content


def _rendered(invoice: Invoice) -> bytes:
    from invoices.rendering import pdf  # takes two seconds and 60 MiB, and only workers render

    return pdf.render(invoice)


def _is_the_one(invoice: Invoice, content: bytes) -> bool:
    return (len(content), hashlib.sha256(content).hexdigest()) == (invoice.size, invoice.sha256)
