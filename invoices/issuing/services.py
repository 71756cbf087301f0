"""Issuing invoices and credit notes: number and content, frozen. Their PDFs follow, see `invoices/handlers.py`."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from events.outbox import record
from invoices.errors import NothingLeftToCredit
from invoices.events import InvoiceVoided
from invoices.issuing import drafts
from invoices.issuing.credit import Credit
from invoices.issuing.logos import logo
from invoices.issuing.numbers import Number, next_number
from invoices.models import Invoice
from invoices.words import words
from orders.models import Order

Kind = Invoice.Kind


@transaction.atomic
def settle(*, order_id: UUID) -> list[Invoice]:
    """Issues what the order owes its buyer by now and has not given yet; returns all of its documents, oldest first.

    That is its invoice, a credit note for each refund, and one for the rest of an invoice whose order was cancelled. It
    follows from the order alone, so that events may come late, twice and in any order: a refund that overtakes the
    confirmation has the invoice issued first. An order that was cancelled before it had an invoice gets nothing.

    Numbers have no gap, see `numbers.py`. Safe to run twice and at once: the order's row is locked first, and the
    database refuses a second document for the same thing. Raises Order.DoesNotExist.
    """
    return _settle(_locked(order_id))


@transaction.atomic
def void(*, order_id: UUID, reason: str) -> Invoice:
    """The credit note that takes back all that is left of an order's invoice, while the order goes its way.

    Refunds that come later have no part of the invoice left to take back, and get no credit note. Raises
    NothingLeftToCredit where there is no invoice, or nothing left of it.
    """
    order = _locked(order_id)
    if not order.invoices.exists():
        raise NothingLeftToCredit
    issued = _settle(order)
    if _is_closed(issued) or order.status == Order.Status.REFUNDED:
        raise NothingLeftToCredit
    invoice = issued[0]
    note = _issue_credit_note(invoice, issued, _rest(order, invoice), reason=reason)
    record(
        InvoiceVoided(
            invoice_id=str(invoice.id),
            number=invoice.number,
            note=note.number,
            order_id=str(order.id),
            reason=reason,
        )
    )
    return note


def _settle(order: Order) -> list[Invoice]:
    issued = list(order.invoices.order_by("issued_at", "id"))
    invoice = next((document for document in issued if document.kind == Kind.INVOICE), None)
    if invoice is None:
        if order.status == Order.Status.CANCELLED:
            return []
        issued.append(invoice := _issue_invoice(order))
    _credit_refunds(order, invoice, issued)
    if order.status == Order.Status.CANCELLED and not _is_closed(issued):
        why = order.history.filter(status=order.status).values_list("reason", flat=True).first()
        issued.append(_issue_credit_note(invoice, issued, _rest(order, invoice), reason=why or ""))
    return issued


def _locked(order_id: UUID) -> Order:
    orders = Order.objects.select_related("shipping_method", "customer").select_for_update(of=("self",), no_key=True)
    return orders.get(id=order_id)


def _issue_invoice(order: Order) -> Invoice:
    now = timezone.now()
    invoice = drafts.invoice_of(order, order.lines.all(), number=_number(Kind.INVOICE, now), now=now, logo=logo())
    invoice.save(force_insert=True)
    return invoice


def _credit_refunds(order: Order, invoice: Invoice, issued: list[Invoice]) -> None:
    """Adds a credit note for each refund that has none, unless nothing is left of the invoice."""
    if _is_closed(issued):
        return
    credited = {document.refund_id for document in issued}
    for refund in order.refunds.order_by("at", "id"):
        if refund.id not in credited:
            part = Credit(refund.amount, refund.tax, words(invoice.language)["refund"])
            issued.append(_issue_credit_note(invoice, issued, part, refund=refund, reason=refund.reason))


def _is_closed(issued: list[Invoice]) -> bool:
    """Whether a credit note has taken back all that was left of the invoice."""
    return any(document.kind == Kind.CREDIT_NOTE and document.refund_id is None for document in issued)


def _rest(order: Order, invoice: Invoice) -> Credit:
    """What no refund has given back: of a cancelled order there is no refund to come."""
    refunded = sum((refund.tax for refund in order.refunds.all()), Decimal(0))
    return Credit(order.left_to_refund, order.tax_total - refunded, words(invoice.language)["cancelled"])


def _issue_credit_note(invoice: Invoice, issued: list[Invoice], part: Credit, **facts: Any) -> Invoice:
    now = timezone.now()
    earlier = [document for document in issued if document.kind == Kind.CREDIT_NOTE]
    note = drafts.credit_note_of(
        part, invoice, earlier, number=_number(Kind.CREDIT_NOTE, now), now=now, logo=logo(), **facts
    )
    note.save(force_insert=True)
    return note


def _number(kind: Invoice.Kind, now: datetime) -> Number:
    return next_number(kind, timezone.localtime(now).year)
