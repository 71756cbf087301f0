"""What happens to invoices. Those that we issue go to the SNS topic, what others send us goes to the bus."""

from __future__ import annotations

from dataclasses import dataclass

from events.base import DomainEvent


@dataclass(frozen=True, kw_only=True)
class InvoiceGenerated(DomainEvent):
    """An invoice or credit note was issued and its PDF stored; `sha256` and `size` (bytes) are the PDF's."""

    invoice_id: str
    number: str
    kind: str
    order_id: str
    order_number: str
    sha256: str
    size: int

    @property
    def subject(self) -> str:
        return f"invoice/{self.invoice_id}"


@dataclass(frozen=True, kw_only=True)
class InvoiceMailRequested(DomainEvent):
    """Staff want a document mailed to its buyer once more."""

    invoice_id: str
    number: str
    order_id: str

    @property
    def subject(self) -> str:
        return f"invoice/{self.invoice_id}"


@dataclass(frozen=True, kw_only=True)
class InvoiceVoided(DomainEvent):
    """Staff took an invoice back by a credit note, `note`, whose PDF follows as InvoiceGenerated."""

    invoice_id: str
    number: str
    note: str
    order_id: str
    reason: str

    @property
    def subject(self) -> str:
        return f"invoice/{self.invoice_id}"


@dataclass(frozen=True, kw_only=True)
class IncomingDocumentChanged(DomainEvent):
    """A supplier's document that staff upload came to another state, by the names of docs/incoming.md.

    `errors` tells of each thing that is wrong with it by `field`, `code` and `message`. Once it is processed,
    `invoice_id` and `number` are the supplier's invoice's; until then they are empty.
    """

    transaction_id: str
    state: str
    detail: str
    errors: list[dict[str, str]]
    invoice_id: str
    number: str

    @property
    def subject(self) -> str:
        return f"import/{self.transaction_id}"
