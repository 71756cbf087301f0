"""Deleting an account: its row stays, for orders and invoices hang on it, and names nobody any more."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts import cognito, pools
from accounts.errors import SignInTooOld, StaffAccount
from accounts.events import CustomerDeleted
from accounts.models import User
from accounts.own_data.parts import erasers, hindrances
from accounts.profiles import DEFAULT_LANGUAGE
from accounts.tokens import Claims
from events.outbox import record

RECENT = int(timedelta(minutes=10).total_seconds())

Check = Callable[[User], None]
"""What a caller wants to hold for the locked account; it raises where it does not."""


def check_recent_sign_in(claims: Claims) -> None:
    """Raises SignInTooOld. A token that was refreshed does not say that somebody has just signed in."""
    if time.time() - claims.signed_in_at > RECENT:
        raise SignInTooOld(RECENT)


@transaction.atomic
def erase_account(*, user_id: UUID, check: Check | None = None) -> None:
    """Forgets all that need not be kept, in one transaction, and shuts the account; CustomerDeleted has the rest done.

    Deleted before is no error. Raises StaffAccount, OpenOrders, and what `check` raises.
    """
    user = User.objects.select_for_update().get(pk=user_id)  # an order that is being placed has it FOR KEY SHARE
    if user.deleted_at is not None:
        return
    if check:
        check(user)
    if user.is_staff:
        raise StaffAccount("This is an account of the staff: an admin takes the role away first.")
    for hindrance in hindrances:
        hindrance(user)
    for erase in erasers:
        erase(user)
    user.email, user.name, user.language = user.address_of_nobody, "", DEFAULT_LANGUAGE
    user.is_active, user.deleted_at, user.last_login = False, timezone.now(), None
    user.set_unusable_password()
    # `cognito_sub` stays until Cognito has forgotten it: by it, a token that is still about is known to be blocked.
    user.save()
    record(CustomerDeleted(customer_id=str(user.pk)))


def remove_sign_in(user_id: UUID) -> None:
    """Has Cognito forget a deleted account's user. Needs no transaction, and may run any number of times."""
    user = User.objects.get(pk=user_id, deleted_at__isnull=False)
    if user.cognito_sub is None:
        return
    cognito.remove_user(pools.named(user.pool).id, user.cognito_sub)
    User.objects.filter(pk=user_id).update(cognito_sub=None)
