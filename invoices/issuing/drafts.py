"""A document with all that it says, before it is saved: nothing here asks the database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone

from invoices.issuing import content, credit
from invoices.issuing.credit import Credit
from invoices.issuing.numbers import Number
from invoices.models import Invoice, Logo
from orders.models import Order, OrderLine
from orders.wording import language_of

Kind = Invoice.Kind


def invoice_of(
    order: Order, items: Iterable[OrderLine], *, number: Number, now: datetime, logo: Logo | None
) -> Invoice:
    language = language_of(order)
    buyer = content.buyer_of(order)
    lines = content.lines_of(order, items, language)
    facts = {"language": language, "buyer": buyer, "paper": content.paper_for(buyer["billing_address"]["country"])}
    return _document(
        Kind.INVOICE, order, lines, number, now, prices_include_tax=order.prices_include_tax, logo=logo, **facts
    )


def credit_note_of(
    part: Credit,
    invoice: Invoice,
    earlier: Iterable[Invoice],
    *,
    number: Number,
    now: datetime,
    logo: Logo | None,
    **facts: Any,
) -> Invoice:
    """For a part of an invoice, or what `earlier` credit notes have left of it; in its language and to its buyer."""
    return _document(
        Kind.CREDIT_NOTE,
        invoice.order,
        credit.lines_of(part, invoice, earlier),
        number,
        now,
        prices_include_tax=invoice.prices_include_tax,
        corrects=invoice,
        language=invoice.language,
        buyer=invoice.buyer,
        paper=invoice.paper,
        logo=logo,
        **facts,
    )


def _document(
    kind: Invoice.Kind,
    order: Order,
    lines: list[content.Line],
    number: Number,
    now: datetime,
    *,
    prices_include_tax: bool,
    **facts: Any,
) -> Invoice:
    seller = content.seller()
    return Invoice(
        kind=kind,
        series=number.series,
        year=number.year,
        sequence=number.sequence,
        number=str(number),
        order=order,
        order_number=order.number,
        ordered_at=order.created_at,
        payment_method=order.payment_method,
        issued_at=now,
        currency=order.currency,
        terms=content.terms_of(order, seller, timezone.localdate(now)) if kind == Kind.INVOICE else None,
        seller=seller,
        lines=lines,
        totals=content.totals_of(lines, order.currency, prices_include_tax=prices_include_tax),
        **facts,
    )
