"""What the mails store about a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Case, CharField, F, QuerySet, Value, When
from django.db.models.functions import Cast, Concat

from accounts.models import NOBODY, User
from accounts.own_data.parts import erases, in_batches, tells
from events.models import Event
from notifications.models import Mail, Suppression
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


@tells("suppressions")
def suppressions(user: User) -> Iterator[dict[str, Any]]:
    """Kept when the account goes, so that nobody writes to an address that complained, should it come again."""
    for row in in_batches(Suppression.objects.filter(address=user.email.lower())):
        yield {
            "address": row.address,
            "reason": row.reason,
            "detail": row.detail,
            "at": row.at,
            "lifted_at": row.lifted_at,
        }


@erases
def forget_mails(user: User) -> None:
    """That a mail was sent, of which kind, when and about which order, stays; what it said is in order and invoice.

    One that still waits will not be sent. Each has an address of nobody's own: two of one event had two addresses.
    """
    waits = When(status=Mail.Status.QUEUED, then=Value(Mail.Status.SUPPRESSED))
    mails_to(user).update(
        to=Concat(Cast("pk", CharField()), Value(f"@{NOBODY}")),
        status=Case(waits, default=F("status")),
        **dict.fromkeys(("to_name", "subject", "text", "html", "last_error", "outcome"), ""),
    )


def mails_to(user: User) -> QuerySet[Mail]:
    """About their orders, and about the account itself. Both have an index, which the address that a mail went to has
    not; joined by OR, PostgreSQL would use neither."""
    of_orders = Mail.objects.filter(order_id__in=Order.objects.filter(customer=user).order_by().values("pk"))
    of_account = Mail.objects.filter(event_id__in=Event.objects.filter(subject=f"customer/{user.pk}").values("pk"))
    resent = Mail.objects.filter(resends__in=of_account.order_by().values("pk"))
    both = of_orders.order_by().values("pk").union(*(rows.order_by().values("pk") for rows in (of_account, resent)))
    return Mail.objects.filter(pk__in=both)
