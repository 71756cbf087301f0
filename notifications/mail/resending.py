"""Sending a mail again, because staff ask for it: to the same address, or to the right one."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from uuid_utils.compat import uuid7

from api.problems import Invalid
from events.outbox import record
from notifications.events import MailRequested
from notifications.mail import mime, suppression
from notifications.models import Mail


@transaction.atomic
def resend(*, mail_id: UUID, to: str, by: str) -> Mail:
    """A new mail that says what this one says, queued; the event that it is recorded with has it sent.

    Raises Mail.DoesNotExist, and Invalid for an address that no mail can go to, or none may, and for a mail that is
    under way by itself or whose text was erased.
    """
    first = Mail.objects.get(id=mail_id)
    if first.status == Mail.Status.QUEUED:
        raise Invalid("to", "still_queued", "It is on its way already, and is tried again by itself.")
    if not first.text:
        raise Invalid("to", "erased", "What it said was erased with its addressee's account.")
    try:
        mime.address_of(to)
    except mime.UnusableAddress as error:
        raise Invalid("to", "invalid", f"No mail can be sent there: {error}.") from error
    if row := suppression.of(to):
        raise Invalid("to", "suppressed", f"{row.why}. Take it off the list first, if that is over.")
    id = uuid7()
    event = record(MailRequested(mail_id=str(id), resends=str(first.id)))
    return Mail.objects.create(
        id=id,
        event_id=event.id,
        event_type=event.type,
        resends=first,
        asked_by=by,
        to=to,
        **{name: getattr(first, name) for name in REPEATED},
    )


REPEATED = (
    "kind",
    "order_id",
    "order_number",
    "invoice",
    "to_name",
    "language",
    "template_fault",
    "subject",
    "text",
    "html",
)
