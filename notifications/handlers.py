"""Which mail follows which event. Each writes its row first, then sends: see `notifications/mails.py`."""

from __future__ import annotations

from contextlib import ExitStack
from uuid import UUID

from catalog.events import StockLow
from catalog.models import Variant
from events.envelope import Received
from invoices.events import InvoiceGenerated
from invoices.models import Invoice
from notifications import mails, mime
from notifications.models import Mail
from orders import tracking
from orders.events import OrderCancelled, OrderCreated
from orders.models import Order


def send_order_received(received: Received[OrderCreated]) -> None:
    """The shop has the order, and what is in it; for a guest, where to follow it, with a token of the mail's own."""
    order = _order(received.event.order_id)
    link = tracking.new_address(order) if order.customer_id is None else ""
    until = tracking.expiry_of_new()
    mails.send(mails.write(received, kind=Mail.Kind.ORDER_RECEIVED, order=order, follow_url=link, follow_until=until))


def send_order_confirmed(received: Received[InvoiceGenerated]) -> None:
    """The order is confirmed, with the invoice attached. It waits for the PDF, so that one mail says both."""
    invoice = Invoice.objects.get(id=UUID(received.event.invoice_id))
    if invoice.kind == Invoice.Kind.INVOICE:
        order = _order(received.event.order_id)
        mails.send(mails.write(received, kind=Mail.Kind.ORDER_CONFIRMED, order=order, invoice=invoice))


def send_order_cancelled(received: Received[OrderCancelled]) -> None:
    """The order was called off, and why."""
    order = _order(received.event.order_id)
    mails.send(mails.write(received, kind=Mail.Kind.ORDER_CANCELLED, order=order, reason=received.event.reason))


def send_stock_low(received: Received[StockLow]) -> None:
    """A variant runs out: a mail to each of the staff who are to know, once each time that it falls so low."""
    variant = Variant.objects.select_related("product").filter(sku=received.event.sku).first()
    written = [mails.write_to_staff(received, to=to, variant=variant) for to in mime.staff()]
    with ExitStack() as sending:  # all of them, also where one fails and is to be tried again
        for mail in reversed(written):
            sending.callback(mails.send, mail)


def _order(order_id: str) -> Order:
    return Order.objects.select_related("customer", "shipping_method").get(id=UUID(order_id))
