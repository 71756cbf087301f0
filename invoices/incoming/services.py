"""What becomes of an upload, from the address that it may be sent to until the supplier's invoice is stored.

Each step locks the document's row, looks whether it is still open, and records the change as an event: whichever of
worker, deadline and cancel comes first ends it, and the others find it ended. Nothing here asks S3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Value
from django.db.models.functions import Lower
from django.db.models.lookups import Exact
from django.utils import timezone

from accounts.models import User
from events.outbox import record
from invoices.errors import TooManyOpenDocuments
from invoices.events import IncomingDocumentChanged
from invoices.incoming.facts import Facts, Wrong
from invoices.models import IncomingDocument, SupplierInvoice

State = IncomingDocument.State

OPEN_AT_ONCE = 20
"""Uploads that one person may have open."""
ENDED_AT_ONCE = 100
FORGOTTEN_AT_ONCE = 10_000
TIMED_OUT = "Nothing was imported in time."


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Where a document was put, its SHA-256 in hexadecimal, and its size in bytes."""

    key: str
    sha256: str
    size: int


@transaction.atomic(durable=True)
def begin(*, by: User) -> IncomingDocument:
    """A new document, to be uploaded within the time that it has. Raises TooManyOpenDocuments."""
    User.objects.select_for_update(no_key=True).get(pk=by.pk)  # so that two at once do not both take the last place
    if IncomingDocument.objects.filter(requested_by=by, state__in=IncomingDocument.OPEN).count() >= OPEN_AT_ONCE:
        raise TooManyOpenDocuments(OPEN_AT_ONCE)
    now = timezone.now()
    deadline = now + timedelta(seconds=settings.INCOMING_TIMEOUT_SECONDS)
    return IncomingDocument.objects.create(requested_by=by, requested_at=now, deadline=deadline)


@transaction.atomic(durable=True)
def receive(*, document_id: UUID) -> IncomingDocument | None:
    """Notes that the upload is there; gives the document as it is then, or None where nobody has asked for it."""
    try:
        document = _locked(document_id)
    except IncomingDocument.DoesNotExist:
        return None
    if document.state == State.URL_GENERATED:
        document.received_at = timezone.now()
        _move(document, State.INVOICE_RECEIVED)
    return document


@transaction.atomic(durable=True)
def keep(*, document_id: UUID, facts: Facts, kept: Kept) -> IncomingDocument:
    """Stores the supplier's invoice, unless the document has ended or its number is there already."""
    document = _locked(document_id)
    if not document.is_open:
        return document
    row = SupplierInvoice(document=document, **asdict(facts), **asdict(kept))
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        other = the_same(facts)
        if other is None:
            raise
        return _move(document, State.NON_VALID_INVOICE_NUMBER, detail=duplicate_of(other))
    return _move(document, State.INVOICE_PROCESSED, invoice=row)


@transaction.atomic(durable=True)
def refuse(
    *, document_id: UUID, state: IncomingDocument.State, detail: str, errors: Sequence[Wrong] = ()
) -> IncomingDocument:
    document = _locked(document_id)
    if not document.is_open:
        return document
    document.errors = [asdict(error) for error in errors]
    return _move(document, state, detail=detail)


@transaction.atomic(durable=True)
def cancel(*, document_id: UUID, by: User) -> IncomingDocument | None:
    """Ends a document that its owner no longer wants; one that has ended stays as it is. None: it is not theirs."""
    if not IncomingDocument.objects.filter(pk=document_id, requested_by=by).exists():
        return None
    document = _locked(document_id)
    return _move(document, State.INVOICE_CANCELLED) if document.is_open else document


def time_out() -> int:
    """Ends those whose time is over, so many at most, and says how many. Those that are held wait for the next run."""
    overdue = IncomingDocument.objects.filter(state__in=IncomingDocument.OPEN, deadline__lte=timezone.now())
    with transaction.atomic(durable=True):
        found = list(overdue.select_for_update(skip_locked=True, no_key=True).order_by("deadline")[:ENDED_AT_ONCE])
        for document in found:
            _move(document, State.TIMEOUT, detail=TIMED_OUT)
    return len(found)


def forget_unfinished() -> int:
    """Deletes what has ended without an invoice and is old, so many at most, and says how many."""
    before = timezone.now() - timedelta(days=settings.INCOMING_UNFINISHED_DAYS)
    unfinished = IncomingDocument.objects.filter(ended_at__lt=before, invoice=None)
    oldest = unfinished.order_by("ended_at").values("pk")[:FORGOTTEN_AT_ONCE]
    return IncomingDocument.objects.filter(pk__in=oldest).delete()[0]


def the_same(facts: Facts) -> SupplierInvoice | None:
    """The invoice of this supplier that has this number, however both are written."""
    supplier, number = Lower(Value(facts.supplier)), Lower(Value(facts.number))
    return SupplierInvoice.objects.filter(Exact(Lower("supplier"), supplier), Exact(Lower("number"), number)).first()


def duplicate_of(other: SupplierInvoice) -> str:
    return f"This supplier has an invoice {other.number} already, imported on {other.imported_at:%Y-%m-%d}."


def _locked(document_id: UUID) -> IncomingDocument:
    """The row, locked, and ended if its time is over: the deadline holds also while beat is away."""
    document = IncomingDocument.objects.select_for_update(no_key=True).get(pk=document_id)
    if document.is_overdue:
        _move(document, State.TIMEOUT, detail=TIMED_OUT)
    return document


def _move(
    document: IncomingDocument,
    state: IncomingDocument.State,
    *,
    detail: str = "",
    invoice: SupplierInvoice | None = None,
) -> IncomingDocument:
    document.state, document.detail = state, detail[:500]
    if not document.is_open:
        document.ended_at = timezone.now()
    document.save(update_fields=["state", "detail", "errors", "received_at", "ended_at"])
    record(
        IncomingDocumentChanged(
            transaction_id=str(document.pk),
            state=state.value,
            detail=document.detail,
            errors=document.errors,
            invoice_id=str(invoice.pk) if invoice else "",
            number=invoice.number if invoice else "",
        )
    )
    return document
