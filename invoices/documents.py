"""The PDF of an invoice: made from the frozen row, kept in the bucket, and checked when it is read again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from invoices.errors import DocumentDamaged
from invoices.models import Invoice
from invoices.rendering import pdf
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
    content = pdf.render(invoice)
    sha256 = hashlib.sha256(content).hexdigest()
    key = f"invoices/{invoice.year}/{sha256[:16]}/{invoice.number}.pdf"
    bucket.store(key, content, content_type="application/pdf", download=True)
    return Stored(key, sha256, len(content))


def read(invoice: Invoice) -> bytes:
    """The stored PDF. Raises DocumentDamaged if it is not, to the bit, the one that was stored."""
    content = bucket.read(invoice.key)
    if hashlib.sha256(content).hexdigest() != invoice.sha256:
        raise DocumentDamaged(f"{invoice.number}: the SHA-256 of {invoice.key} differs.")
    return content
