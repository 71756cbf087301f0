"""Tickets: what a page of the admin shows at the live feed's door, to which its session does not reach.

A ticket is good for coming in within a minute, once its bearer has been looked up. It is no access token: it has
another shape and another signature, and the API does not ask this module.
"""

from __future__ import annotations

import time
from uuid import UUID

from django.core import signing

from accounts.errors import Blocked
from accounts.models import User
from accounts.tokens import InvalidToken

PREFIX = "ticket."
LIVES = 60  # seconds
HOLDS = 300  # seconds that who came in may stay: then the session is asked again, by asking it for a ticket


def is_ticket(token: str) -> bool:
    return token.startswith(PREFIX)


def ticket_for(user: User) -> str:
    return PREFIX + _signer().sign(str(user.pk))


def user_for_ticket(ticket: str) -> tuple[User, float]:
    """Its bearer as they are now, and until when, in Unix seconds, they may stay. Raises InvalidToken and Blocked."""
    try:
        signed = _signer().unsign(ticket.removeprefix(PREFIX), max_age=LIVES)
    except signing.SignatureExpired:
        raise InvalidToken("the ticket has expired") from None
    except signing.BadSignature:
        raise InvalidToken("the ticket is none of ours") from None
    user = User.objects.filter(pk=UUID(signed)).first()
    if user is None or not user.is_active:
        raise Blocked
    if not user.is_staff:
        raise InvalidToken("the ticket is for staff")
    return user, time.time() + HOLDS


def _signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(salt="accounts.tickets", sep=".")  # as a subprotocol it may hold no colon
