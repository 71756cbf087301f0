"""What an order's timeline tells of the mails about it."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from notifications.models import Mail
from orders.models import Order
from orders.timeline import LIMIT, Entry, tells

MARKS = {"sent": "", "queued": "wait", "failed": "bad"}


@tells("mail", "Mails")
def mails(order: Order) -> Iterator[Entry]:
    rows = Mail.objects.filter(order_id=order.pk).defer("text", "html").order_by("-id")
    for row in rows[:LIMIT]:
        state = f"{row.status}: {row.last_error[:200]}" if row.status == Mail.Status.FAILED else str(row.status)
        yield Entry(
            at=row.sent_at or row.created_at,
            kind="mail",
            title=f"Mail “{row.subject}”",
            text=f"to {row.to} · {state}",
            link=reverse("admin:notifications_mail_change", args=[row.pk]),
            mark=MARKS[row.status],  # type: ignore[arg-type]  # the type of a literal's values
        )
