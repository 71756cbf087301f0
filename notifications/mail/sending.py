"""Sending what is written."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from typing import Any

from django.db.models import F
from django.utils import timezone

from api import metrics, tracing
from api.logs import words_of
from invoices import documents
from notifications.mail import mime, pace, ses, suppression
from notifications.metrics import MAILS
from notifications.models import Mail

log = logging.getLogger(__name__)


def send_all(mails: list[Mail]) -> None:
    """Sends each of them, also where one fails and is to be tried again. Raises what the last failure raised."""
    with ExitStack() as sending:
        for mail in reversed(mails):
            sending.callback(send, mail)


def send(mail: Mail) -> None:
    """Hands the mail to SES unless that has been done, and notes how it went.

    What can never work (a refused content or address) is noted as failed and raises nothing; everything else raises,
    so that the queue delivers again. A crash right after SES took the mail sends it twice, with the same ids: a second
    mail beats none. Two workers cannot send at once, for the event is claimed. Where SES has told what became of the
    mail before its answer is noted here, that stays.
    """
    row = Mail.objects.filter(id=mail.id, status=Mail.Status.QUEUED)
    if not row.update(attempts=F("attempts") + 1):
        return
    if suppressed := suppression.of(mail.to):
        row.update(status=Mail.Status.SUPPRESSED, last_error=f"not tried: {suppressed.why}")
        metrics.put(MAILS, of=Mail.Status.SUPPRESSED)
        return
    try:
        raw = mime.build(mail, **_attached(mail))
        with tracing.span("wait for SES's rate"):
            pace.wait()
        ses_id = ses.send(raw, sender=mime.sender().addr_spec, recipient=mime.address_of(mail.to).addr_spec)
    except (ses.Refused, mime.UnusableAddress) as error:
        log.error("mail %s (%s) will not be sent: %s", mail.id, mail.subject, words_of(error))
        row.update(status=Mail.Status.FAILED, last_error=str(error))
        metrics.put(MAILS, of=Mail.Status.FAILED)
    except Exception as error:
        row.update(last_error=f"{type(error).__name__}: {error}")
        raise
    else:
        row.update(status=Mail.Status.SENT, ses_id=ses_id, sent_at=timezone.now(), last_error="")
        metrics.put(MAILS, of=Mail.Status.SENT)


def _attached(mail: Mail) -> dict[str, Any]:
    if mail.invoice is None:
        return {}
    return {"attachment": documents.read(mail.invoice), "filename": f"{mail.invoice.number}.pdf"}
