"""Writing a mail down, and sending what is written."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone

from catalog.events import StockLow
from catalog.models import Variant
from events.base import DomainEvent
from events.envelope import Received
from invoices import documents
from invoices.models import Invoice
from notifications import mime, ses
from notifications.models import Mail
from orders.models import Order

log = logging.getLogger(__name__)

SUBJECTS = {
    Mail.Kind.ORDER_RECEIVED: "We have your order {order.number}",
    Mail.Kind.ORDER_CONFIRMED: "Your order {order.number} is confirmed",
    Mail.Kind.ORDER_CANCELLED: "Your order {order.number} is cancelled",
    Mail.Kind.STOCK_LOW: "Only {event.balance} left of {name} ({event.sku})",
}


def write(
    received: Received[DomainEvent], *, kind: Mail.Kind, order: Order, invoice: Invoice | None = None, **shown: Any
) -> Mail:
    """The mail of this kind to an order's buyer, written now unless it already is: one row per event and kind.

    `shown` goes to the templates, beside the order with its lines. Values are escaped there.
    """
    with transaction.atomic(durable=True):
        if written := Mail.objects.filter(event_id=received.id, kind=kind).first():
            return written
        name = mime.one_line((order.customer and order.customer.name) or order.shipping_address.get("name", ""))
        subject = SUBJECTS[kind].format(order=order)
        context = shown | {
            "subject": subject,
            "shop": settings.SHOP_NAME,
            "shop_address": settings.SHOP_ADDRESS,
            "name": name,
            "order": order,
            "lines": list(order.lines.all()),
            "payment_method": Order.PaymentMethod(order.payment_method).label.capitalize(),
            "invoice": invoice,
        }
        return _written(
            received,
            kind,
            to=order.email,
            context=context,
            order_id=order.id,
            order_number=order.number,
            invoice=invoice,
            to_name=name[:150],
        )


def write_to_staff(received: Received[StockLow], *, to: str, variant: Variant | None) -> Mail:
    """The mail about a stock that runs out, to one address; without a variant, for one that is gone meanwhile."""
    with transaction.atomic(durable=True):
        event = received.event
        name = mime.one_line(variant.product.name if variant else "a variant that is gone")
        context = {
            "subject": SUBJECTS[Mail.Kind.STOCK_LOW].format(event=event, name=name)[:200],
            "shop": settings.SHOP_NAME,
            "shop_address": settings.SHOP_ADDRESS,
            "event": event,
            "name": name,
            "page": f"{settings.PUBLIC_URL}/admin/catalog/product/{event.product_id}/change/" if variant else "",
        }
        return _written(received, Mail.Kind.STOCK_LOW, to=to, context=context)


def _written(
    received: Received[DomainEvent], kind: Mail.Kind, *, to: str, context: Mapping[str, Any], **facts: Any
) -> Mail:
    mail, _ = Mail.objects.get_or_create(
        event_id=received.id,
        kind=kind,
        to=to,
        defaults=facts
        | {
            "event_type": received.type,
            "subject": context["subject"],
            "text": render_to_string(f"notifications/{kind.value}.txt", dict(context)),
            "html": render_to_string(f"notifications/{kind.value}.html", dict(context)),
        },
    )
    return mail


def send(mail: Mail) -> None:
    """Hands the mail to SES unless that has been done, and notes how it went.

    What can never work (a refused content or address) is noted as failed and raises nothing; everything else raises,
    so that the queue delivers again. A crash right after SES took the mail sends it twice, with the same ids: a second
    mail beats none. Two workers cannot send at once, for the event is claimed.
    """
    if mail.status != Mail.Status.QUEUED:
        return
    row = Mail.objects.filter(id=mail.id)
    row.update(attempts=F("attempts") + 1)
    try:
        raw = mime.build(mail, **_attached(mail))
        ses_id = ses.send(raw, sender=mime.sender().addr_spec, recipient=mime.address_of(mail.to).addr_spec)
    except (ses.Refused, mime.UnusableAddress) as error:
        log.error("mail %s (%s) will not be sent: %s", mail.id, mail.subject, error)
        row.update(status=Mail.Status.FAILED, last_error=str(error))
    except Exception as error:
        row.update(last_error=f"{type(error).__name__}: {error}")
        raise
    else:
        row.update(status=Mail.Status.SENT, ses_id=ses_id, sent_at=timezone.now(), last_error="")


def _attached(mail: Mail) -> dict[str, Any]:
    if mail.invoice is None:
        return {}
    return {"attachment": documents.read(mail.invoice), "filename": f"{mail.invoice.number}.pdf"}
