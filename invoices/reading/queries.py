"""Reading invoices, always scoped to the caller."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from rest_framework.exceptions import NotAuthenticated

from accounts.models import User
from accounts.rights import Right, may
from invoices.errors import InvoiceNotFound, InvoiceNotIssued, InvoiceNotReady
from invoices.models import Invoice
from orders import tracking
from orders.models import Order
from orders.reading.queries import order_tracked_by, order_visible_to

OF_SHOWN = {"order__hidden_at": None}
"""Of orders that were not deleted. One that was is not there for its buyer, and neither are its documents."""


def invoices_visible_to(user: User) -> QuerySet[Invoice]:
    """Staff see every document, also of an order that was deleted; a customer those of their own orders."""
    if may(user, Right.READ_ORDERS):
        return Invoice.objects.all()
    return Invoice.objects.filter(order__customer=user, **OF_SHOWN)


def invoice_visible_to(user: User, invoice_id: UUID) -> Invoice:
    """One document. Raises InvoiceNotFound, also for somebody else's."""
    return _one(invoices_visible_to(user).filter(id=invoice_id))


def invoice_read_by(user: User | AnonymousUser, token: str | None, invoice_id: UUID) -> Invoice:
    """The same for a guest too, whose token reads the documents of its order. NotAuthenticated without either."""
    if token is None:
        return invoice_visible_to(_known(user), invoice_id)
    invoice = _one(Invoice.objects.filter(id=invoice_id, **OF_SHOWN).select_related("order"))
    if tracking.revision_of(token, invoice.order_id) != invoice.order.tracking_revision:
        raise InvoiceNotFound
    return invoice


def invoice_of_order(user: User | AnonymousUser, token: str | None, order_id: UUID) -> Invoice:
    """The invoice (no credit note) of an order that the caller, or a guest's token, may read.

    Raises NotAuthenticated, OrderNotFound and, while none is issued, InvoiceNotReady or InvoiceNotIssued.
    """
    order = order_visible_to(_known(user), order_id) if token is None else order_tracked_by(token, order_id)
    invoice = Invoice.objects.filter(order=order, kind=Invoice.Kind.INVOICE).first()
    if invoice is None:
        raise InvoiceNotIssued if order.status in (Order.Status.PENDING, Order.Status.CANCELLED) else InvoiceNotReady
    return invoice


def _known(user: User | AnonymousUser) -> User:
    if not isinstance(user, User):
        raise NotAuthenticated
    return user


def _one(invoices: QuerySet[Invoice]) -> Invoice:
    invoice = invoices.first()
    if invoice is None:
        raise InvoiceNotFound
    return invoice
