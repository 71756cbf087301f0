"""What the mails store about a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Case, CharField, F, QuerySet, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Concat

from accounts.models import NOBODY, User
from accounts.own_data.parts import erases, in_batches, tells
from notifications.models import Mail, Suppression
from orders.models import Order

OF_ACCOUNT = """
WITH RECURSIVE of_account AS (
    SELECT mail.id FROM notifications_mail AS mail JOIN events_event AS event ON event.id = mail.event_id
    WHERE event.subject = %s
    UNION SELECT mail.id FROM notifications_mail AS mail JOIN of_account ON mail.resends_id = of_account.id
)
SELECT id FROM of_account
"""
"""What was written because of an event of the account itself, and each mail that sends one of these again."""


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
    ids = RawSQL(OF_ACCOUNT, [f"customer/{user.pk}"])  # noqa: S611  (a constant)
    of_account = Mail.objects.filter(pk__in=ids)
    both = of_orders.order_by().values("pk").union(of_account.order_by().values("pk"))
    return Mail.objects.filter(pk__in=both)
