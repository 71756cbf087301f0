"""What SES publishes about a mail, in the shape that its manual gives.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-examples.html
"""

from __future__ import annotations

import json
from typing import Any

from events.consume import consume
from notifications.models import Mail


def told(kind: str, mail: Mail | None, details: dict[str, Any] | None = None, *, ses_id: str = "") -> str:
    """One message: `kind` is SES's event type, `details` what it says of it."""
    address = mail.to if mail else "somebody@example.com"
    sent: dict[str, Any] = {
        "timestamp": "2026-11-27T12:00:00.012Z",
        "source": "shop@example.com",
        "sourceArn": "arn:aws:ses:eu-central-1:123456789012:identity/shop@example.com",
        "sendingAccountId": "123456789012",
        "messageId": ses_id or (mail.ses_id if mail else "0100017c-none"),
        "destination": [address],
        "headersTruncated": False,
        "headers": [{"name": "To", "value": address}],
        "commonHeaders": {"from": ["shop@example.com"], "to": [address], "messageId": "0100017c", "subject": "…"},
        "tags": {"ses:configuration-set": ["shop"], "ses:source-ip": ["192.0.2.1"], "ses:caller-identity": ["shop"]},
    }
    if mail:
        sent["headers"].append({"name": "X-Shop-Mail-Id", "value": str(mail.id)})
    key = kind[0].lower() + kind[1:]
    return json.dumps({"eventType": kind, key: details or {}, "mail": sent})


def hear(body: str) -> None:
    """The queue hands the message to its task."""
    consume("ses-feedback", body)


def delivery(mail: Mail | None, *, ses_id: str = "") -> str:
    facts = {
        "timestamp": "2026-11-27T12:00:02.202Z",
        "processingTimeMillis": 2190,
        "recipients": [mail.to if mail else "somebody@example.com"],
        "smtpResponse": "250 2.6.0 Message received",
        "remoteMtaIp": "192.0.2.44",
        "reportingMTA": "mta.example.com",
    }
    return told("Delivery", mail, facts, ses_id=ses_id)


def bounce(mail: Mail, sort: str = "Permanent", subtype: str = "General") -> str:
    recipient = {
        "emailAddress": mail.to,
        "action": "failed",
        "status": "5.1.1",
        "diagnosticCode": "smtp; 550 5.1.1 user unknown",
    }
    facts = {
        "feedbackId": "0102017c-bounce",
        "bounceType": sort,
        "bounceSubType": subtype,
        "bouncedRecipients": [recipient],
        "timestamp": "2026-11-27T12:00:02.669Z",
        "reportingMTA": "dsn; mta.example.com",
    }
    return told("Bounce", mail, facts)


def complaint(mail: Mail, sort: str = "abuse") -> str:
    facts = {
        "feedbackId": "0102017c-complaint",
        "complaintSubType": None,
        "complainedRecipients": [{"emailAddress": mail.to}],
        "timestamp": "2026-11-27T12:01:02.000Z",
        "userAgent": "Amazon SES Mailbox Simulator",
        "complaintFeedbackType": sort,
        "arrivalDate": "2026-11-27T12:01:00.000Z",
    }
    return told("Complaint", mail, facts)


def reject(mail: Mail) -> str:
    return told("Reject", mail, {"reason": "Bad content"})


def delay(mail: Mail) -> str:
    late = {"emailAddress": mail.to, "status": "4.4.1", "diagnosticCode": "smtp; 421 4.4.1 Unable to connect"}
    facts = {
        "timestamp": "2026-11-27T12:30:00.000Z",
        "delayType": "TransientCommunicationFailure",
        "expirationTime": "2026-11-28T02:00:00.000Z",
        "delayedRecipients": [late],
    }
    return told("DeliveryDelay", mail, facts)


GREETING = "Successfully validated SNS topic for Amazon SES event publishing."
