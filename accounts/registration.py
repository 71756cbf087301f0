"""How an account begins, the same way whoever comes first: Cognito's trigger after sign-up, or the first token."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.errors import EmailNotVerified, EmailTaken
from accounts.events import CustomerRegistered
from accounts.models import User, flags_of
from accounts.profiles import Profile
from accounts.rights import Role
from events.models import Event
from events.outbox import record

log = logging.getLogger(__name__)


def welcome(
    *, pool: str, sub: str, profile: Profile, role: Role = Role.CUSTOMER, groups_as_of: datetime | None = None
) -> User:
    """The account for a user of a pool who has none yet: a new one, or the one that waits for this address.

    Only an address that Cognito has verified counts: whoever merely claims one would get its orders. Records
    CustomerRegistered once, however many ask at once or again. Raises EmailNotVerified, EmailTaken.
    """
    if not profile.email_verified or not profile.email:
        raise EmailNotVerified("Confirm the e-mail address first.")
    try:
        with transaction.atomic():
            user = _link(pool, sub, profile) or User.objects.create_user(
                profile.email,
                name=profile.name,
                language=profile.language,
                pool=pool,
                cognito_sub=sub,
                groups_as_of=groups_as_of,
                **flags_of(role),
            )
            _tell(user)
            return user
    except IntegrityError:  # a request beside this one was first, or the address is another Cognito user's
        known = User.objects.filter(cognito_sub=sub, pool=pool).first()
        if known is None:
            log.warning("Cognito user %s has the address of an account of another Cognito user", sub)
            raise EmailTaken("Another account has this e-mail address. Ask the shop.") from None
        return known


def _link(pool: str, sub: str, profile: Profile) -> User | None:
    # One conditional update: of two at once, the second finds no row any more.
    linked = User.objects.waiting_for(profile.email).update(cognito_sub=sub, pool=pool)
    return User.objects.get(cognito_sub=sub, pool=pool) if linked else None


def _tell(user: User) -> None:
    """The account's row is locked by this transaction, so that nobody tells it at the same time."""
    event = CustomerRegistered(customer_id=str(user.pk), language=user.language)
    # An account that staff released from its sign-in is linked a second time.
    if not Event.objects.filter(subject=event.subject, type=event.type()).exists():
        record(event)
