"""Writing a mail down, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from accounts.models import NOBODY
from events.base import DomainEvent
from events.envelope import Received
from notifications.mail import mime
from notifications.mail.letters import Letter
from notifications.mail.rendering import render
from notifications.models import Mail


def write(received: Received[DomainEvent], letters: Iterable[Letter]) -> list[Mail]:
    """The mails that follow this event, written now unless they already are: all of them, in one transaction.

    What was written stays as it is, also where its order, the address or a template has changed since: `letters` is
    not looked at then. Nobody writes to an account that was deleted.
    """
    with transaction.atomic(durable=True):
        written = list(Mail.objects.filter(event_id=received.id).order_by("id"))
        return written or Mail.objects.bulk_create(
            [_row(received, letter) for letter in letters if not letter.to.endswith(f"@{NOBODY}")]
        )


def _row(received: Received[DomainEvent], letter: Letter) -> Mail:
    rendered, order = render(letter), letter.order
    return Mail(
        kind=letter.kind,
        event_id=received.id,
        event_type=received.type,
        order_id=order.id if order else None,
        order_number=order.number if order else "",
        invoice=letter.invoice,
        to=letter.to,
        to_name=mime.one_line(letter.name)[:150],
        language=letter.language,
        template_fault=rendered.fault,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
    )
