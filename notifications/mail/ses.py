"""Handing a finished mail to SES, which says at once whether it takes it."""

from __future__ import annotations

from botocore.exceptions import ClientError
from django.conf import settings

from api import tracing
from events import aws

PERMANENT = {"MessageRejected", "InvalidParameterValue"}
"""Error codes that a second try would only repeat; all others (throttling, a paused account, 5xx) may pass.

https://docs.aws.amazon.com/ses/latest/APIReference/API_SendRawEmail.html#API_SendRawEmail_Errors
"""
NOT_VERIFIED = "not verified"
"""What a MessageRejected says that passes too: SES does not know the sender, or in its sandbox the recipient, yet."""


class Refused(Exception):
    """This mail will never be taken: its content or its address is not acceptable."""


def send(raw: bytes, *, sender: str, recipient: str) -> str:
    """SES's id of the mail. Raises Refused, or botocore's own errors for what may pass.

    By SES's first API: of the second one's raw mails the local emulator drops the attachments.
    """
    by_set = {"ConfigurationSetName": settings.SES_CONFIGURATION_SET} if settings.SES_CONFIGURATION_SET else {}
    facts = {"Source": sender, "Destinations": [recipient], "RawMessage": {"Data": raw}}
    try:
        with tracing.span("SES SendRawEmail", {"bytes": len(raw)}, kind="client"):
            answer = aws.client("ses").send_raw_email(**facts, **by_set)
    except ClientError as error:
        told = error.response.get("Error", {})
        if told.get("Code") in PERMANENT and NOT_VERIFIED not in told.get("Message", ""):
            raise Refused(str(error)) from error
        raise
    return str(answer["MessageId"])
