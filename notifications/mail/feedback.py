"""What becomes of mails that SES took, as it tells by its configuration set, over SNS, to the queue `ses-feedback`.

The messages are SES's own JSON, delivered raw; they come late, twice, and in any order. A mail only ever moves on:
delivered after sent, bounced after that, complained of after all.
https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from api import metrics
from api.postgresql.texts import storable
from notifications.mail import suppression
from notifications.metrics import MAILS
from notifications.models import Mail, Suppression

log = logging.getLogger(__name__)
Status, Reason = Mail.Status, Suppression.Reason

GREETING = "Successfully validated SNS topic"
"""How the one message begins that is no JSON: SES sends it when it is told of the topic."""

NO_COMPLAINT = "not-spam"
"""The one sort of complaint that takes back what somebody, or a filter, thought of a mail (RFC 6430)."""

UNDER_WAY = (Status.QUEUED, Status.SENT)
"""A mail that SES has although its row says queued: its worker died before it could note that."""


class NotFeedback(Exception):
    """A message on the queue that SES did not write, or writes in another way than it says."""


@dataclass(frozen=True)
class Outcome:
    """What is told of a mail: the status that it takes from one of `after`, none where it is only noted.

    What `said` quotes are the words of a foreign server.
    """

    said: str
    status: Mail.Status | None = None
    after: tuple[Mail.Status, ...] = ()
    suppress: Suppression.Reason | None = None


def take(body: str) -> None:
    """Notes what SES tells of a mail, and puts the address on the suppression list after a hard bounce or a complaint.

    What it tells of mails that are not ours, or that is not of interest, is acknowledged and left. Raises NotFeedback.
    """
    if body.startswith(GREETING):
        return
    try:
        told = json.loads(body)
        kind, sent = str(told["eventType"]), told["mail"]
        ses_id = str(sent["messageId"])
        outcome = _outcome(kind, told)
        mail_id = _our_id(sent)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotFeedback(f"{type(error).__name__}: {error}, in {body[:200]!r}") from error
    if outcome is None:
        return
    with transaction.atomic():
        mail = _find(ses_id, mail_id)
        if mail is None:
            log.info("SES tells of %s, %s, which is no mail of ours", ses_id, kind)
            return
        moved = _note(mail, outcome, ses_id)
    if moved and outcome.status:
        metrics.put(MAILS, of=outcome.status)


def _note(mail: Mail, outcome: Outcome, ses_id: str) -> bool:
    """Says whether the mail has come to another status."""
    moved = 0
    row, now = Mail.objects.filter(id=mail.id), timezone.now()
    said = storable(outcome.said)
    if outcome.status is None:
        row.filter(status__in=UNDER_WAY).update(outcome=said, outcome_at=now)
    elif moved := row.filter(status__in=outcome.after).update(status=outcome.status, outcome=said, outcome_at=now):
        row.filter(ses_id="").update(ses_id=ses_id, sent_at=now)
    if outcome.suppress:
        suppression.add(mail, reason=outcome.suppress, detail=said)
    return bool(moved)


def _find(ses_id: str, mail_id: UUID | None) -> Mail | None:
    """By SES's id, or by our own in the mail's headers: the feedback may be here before SES's answer is noted."""
    rows = Mail.objects.select_for_update(no_key=True)
    return rows.filter(ses_id=ses_id).first() or (rows.filter(id=mail_id).first() if mail_id else None)


def _our_id(sent: dict[str, Any]) -> UUID | None:
    named = [str(header["value"]) for header in sent.get("headers", []) if header["name"] == "X-Shop-Mail-Id"]
    try:
        return UUID(named[0]) if named else None
    except ValueError:
        return None


def _outcome(kind: str, told: dict[str, Any]) -> Outcome | None:
    """None for what changes nothing: SES took it, somebody opened it, or said that it is no spam."""
    if kind == "Delivery":
        return Outcome(str(told["delivery"].get("smtpResponse", "")), Status.DELIVERED, UNDER_WAY)
    if kind == "Bounce":
        return _bounce(told["bounce"])
    if kind == "Complaint":
        complaint = told["complaint"]
        sort = complaint.get("complaintFeedbackType") or complaint.get("complaintSubType") or "no reason given"
        if sort == NO_COMPLAINT:
            return None
        after = (*UNDER_WAY, Status.DELIVERED, Status.BOUNCED)
        return Outcome(f"complaint: {sort}", Status.COMPLAINED, after, Reason.COMPLAINT)
    if kind == "Reject":
        return Outcome(f"SES rejected it: {told['reject']['reason']}", Status.FAILED, UNDER_WAY)
    if kind == "DeliveryDelay":
        delay = told["deliveryDelay"]
        return Outcome(_words("delayed", delay["delayType"], delay["delayedRecipients"]))
    return None


def _bounce(bounce: dict[str, Any]) -> Outcome:
    """Only a permanent one says that the address is not there; others are full boxes, and notes of absence, too."""
    said = _words(f"{bounce['bounceType']} bounce", bounce["bounceSubType"], bounce["bouncedRecipients"])
    if bounce["bounceType"] == "Permanent":
        return Outcome(said, Status.BOUNCED, (*UNDER_WAY, Status.DELIVERED), Reason.HARD_BOUNCE)
    return Outcome(said, Status.BOUNCED, UNDER_WAY)


def _words(what: str, sort: str, recipients: list[dict[str, Any]]) -> str:
    codes = [str(one["diagnosticCode"]) for one in recipients if one.get("diagnosticCode")]
    return ": ".join((f"{what} ({sort})", *codes[:1]))
