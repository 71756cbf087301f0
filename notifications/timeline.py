"""What an order's page tells of the mails about it: each in its timeline, and whether its buyer can be written to."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from notifications.mail import suppression
from notifications.models import Mail
from orders.cautions import Caution, warns
from orders.models import Order
from orders.timeline import LIMIT, Entry, Mark, tells

Status = Mail.Status
MARKS: dict[str, Mark] = {
    Status.QUEUED: "wait",
    Status.BOUNCED: "bad",
    Status.COMPLAINED: "bad",
    Status.FAILED: "bad",
    Status.SUPPRESSED: "bad",
}


@tells("mail", "Mails")
def mails(order: Order) -> Iterator[Entry]:
    rows = Mail.objects.filter(order_id=order.pk).defer("text", "html").order_by("-id")
    for row in rows[:LIMIT]:
        mark = MARKS.get(row.status, "")
        why = (row.outcome or row.last_error)[:200] if mark == "bad" else ""
        yield Entry(
            at=row.outcome_at or row.sent_at or row.created_at,
            kind="mail",
            title=f"Mail “{row.subject}”",
            text=f"to {row.to} · {row.status}" + (f": {why}" if why else ""),
            by=row.asked_by,
            link=reverse("admin:notifications_mail_change", args=[row.pk]),
            mark=mark,
        )


@warns
def suppressed(order: Order) -> Iterator[Caution]:
    if row := suppression.of(order.email):
        yield Caution(f"{row.why}.", reverse("admin:notifications_suppression_change", args=[row.pk]))
