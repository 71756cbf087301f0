"""Which mails follow which event. Each is written down first, then sent: see `notifications/mail/`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings

from accounts.events import CustomerRegistered
from accounts.models import User
from catalog.events import StockLow
from catalog.models import Variant
from events.envelope import Received
from invoices.events import InvoiceGenerated, InvoiceMailRequested
from invoices.models import Invoice
from notifications.events import MailRequested
from notifications.mail import mime, sending, writing
from notifications.mail.letters import Letter, to_buyer, to_customer, to_staff
from notifications.models import Mail
from orders import tracking
from orders.events import OrderCancelled, OrderCreated, OrderDelivered, OrderShipped
from orders.models import Order

Kind = Mail.Kind


def mails(letters: Callable[[Received[Any]], Iterable[Letter]]) -> Callable[[Received[Any]], None]:
    """Makes a handler of what says which letters an event asks for."""

    @wraps(letters)
    def handler(received: Received[Any]) -> None:
        sending.send_all(writing.write(received, letters(received)))

    return handler


@mails
def order_received(received: Received[OrderCreated]) -> Iterable[Letter]:
    """The shop has the order, and what is in it; for a guest, where to follow it, with a token of the mail's own."""
    order = _order(received.event.order_id)
    link = tracking.new_address(order) if order.customer_id is None else ""
    yield to_buyer(Kind.ORDER_RECEIVED, order, follow_url=link, follow_until=tracking.expiry_of_new())


@mails
def document_issued(received: Received[InvoiceGenerated | InvoiceMailRequested]) -> Iterable[Letter]:
    """The order is confirmed, with the invoice attached, or money comes back, with its credit note."""
    document = Invoice.objects.select_related("refund", "corrects").get(id=UUID(received.event.invoice_id))
    order = _order(received.event.order_id)
    if document.kind == Invoice.Kind.INVOICE:
        yield to_buyer(Kind.ORDER_CONFIRMED, order, invoice=document)
    elif document.refund:
        yield to_buyer(Kind.ORDER_REFUNDED, order, invoice=document, refund=document.refund)
    else:
        yield to_buyer(Kind.ORDER_CREDITED, order, invoice=document)


@mails
def order_shipped(received: Received[OrderShipped]) -> Iterable[Letter]:
    """A parcel is on its way: what is in it, and where to follow it. One mail for each parcel."""
    event, order = received.event, _order(received.event.order_id)
    units = {line["sku"]: line["quantity"] for line in event.lines}
    sent = [line for line in order.lines.all() if line.sku in units]
    for line in sent:
        line.quantity = units[line.sku]
    kind = Kind.ORDER_SHIPPED if event.complete else Kind.ORDER_PART_SHIPPED
    yield to_buyer(kind, order, lines=sent, parcel=event)


@mails
def order_delivered(received: Received[OrderDelivered]) -> Iterable[Letter]:
    """The order has arrived."""
    yield to_buyer(Kind.ORDER_DELIVERED, _order(received.event.order_id))


@mails
def order_cancelled(received: Received[OrderCancelled]) -> Iterable[Letter]:
    """The order was called off, and why."""
    yield to_buyer(Kind.ORDER_CANCELLED, _order(received.event.order_id), reason=received.event.reason)


@mails
def customer_registered(received: Received[CustomerRegistered]) -> Iterable[Letter]:
    """Welcomes whoever has an account from now on."""
    if user := User.objects.filter(id=UUID(received.event.customer_id)).first():
        yield to_customer(Kind.WELCOME, user)


@mails
def stock_low(received: Received[StockLow]) -> Iterable[Letter]:
    """A variant runs out: a mail to each of the staff who are to know, once each time that it falls so low."""
    event = received.event
    variant = Variant.objects.select_related("product").filter(sku=event.sku).first()
    product = mime.one_line(variant.product.name) if variant else ""
    page = f"{settings.PUBLIC_URL}/admin/catalog/product/{event.product_id}/change/" if variant else ""
    return to_staff(Kind.STOCK_LOW, event=event, product=product, page=page)


def mail_requested(received: Received[MailRequested]) -> None:
    """Sends a mail that staff want sent again."""
    sending.send_all(list(Mail.objects.filter(id=UUID(received.event.mail_id))))


def _order(order_id: str) -> Order:
    return Order.objects.select_related("customer", "shipping_method").get(id=UUID(order_id))
