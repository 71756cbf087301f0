"""What is counted of mails and of the live feed."""

from __future__ import annotations

from api.metrics import Metric
from notifications.models import Mail

MAILS = Metric(
    name="Mails",
    unit="Count",
    help="Mails that have come to a state: sent, delivered, bounced, …",
    dimension="state",
    values=tuple(Mail.Status.values),
)
MAILS_WAITING = Metric(
    name="MailsWaiting", unit="Seconds", help="Age of the oldest mail that SES has not taken yet, each minute."
)
LIVE_CONNECTIONS = Metric(
    name="LiveConnections", unit="Count", help="Sockets of one live process, each minute: add them up."
)
