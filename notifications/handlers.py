"""Which mail follows which event. Each writes its row first, then sends: see `notifications/mails.py`."""

from __future__ import annotations

from uuid import UUID

from events.envelope import Received
from invoices.events import InvoiceGenerated
from invoices.models import Invoice
from notifications import mails
from notifications.models import Mail
from orders.events import OrderCancelled, OrderCreated
from orders.models import Order


def send_order_received(received: Received[OrderCreated]) -> None:
    """The shop has the order, and what is in it."""
    mails.send(mails.write(received, kind=Mail.Kind.ORDER_RECEIVED, order=_order(received.event.order_id)))


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


def _order(order_id: str) -> Order:
    return Order.objects.select_related("customer", "shipping_method").get(id=UUID(order_id))
