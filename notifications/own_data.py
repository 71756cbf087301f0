"""What the mails store about a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from accounts.own_data.parts import erases, in_batches, tells
from events.models import Event
from notifications.models import Mail
from orders.models import Order


@tells("mails")
def mails(user: User) -> Iterator[dict[str, Any]]:
    for mail in in_batches(mails_to(user)):
        yield {
            "kind": mail.kind,
            "to": mail.to,
            "to_name": mail.to_name,
            "subject": mail.subject,
            "text": mail.text,
            "status": mail.status,
            "created_at": mail.created_at,
            "sent_at": mail.sent_at,
        }


@erases
def forget_mails(user: User) -> None:
    """That a mail was sent, of which kind, when and about which order, stays; what it said is in order and invoice."""
    mails, sent = mails_to(user), Mail.Status.SENT
    mails.exclude(status=sent).delete()
    mails.filter(status=sent).update(to=user.address_of_nobody, to_name="", subject="", text="", html="", last_error="")


def mails_to(user: User) -> QuerySet[Mail]:
    """About their orders, and about the account itself. Both have an index, which the address that a mail went to has
    not; joined by OR, PostgreSQL would use neither."""
    of_orders = Mail.objects.filter(order_id__in=Order.objects.filter(customer=user).order_by().values("pk"))
    of_account = Mail.objects.filter(event_id__in=Event.objects.filter(subject=f"customer/{user.pk}").values("pk"))
    both = of_orders.order_by().values("pk").union(of_account.order_by().values("pk"))
    return Mail.objects.filter(pk__in=both)
