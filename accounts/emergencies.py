"""Accounts for emergencies: admins with a password here, who sign in while Cognito cannot be reached."""

from __future__ import annotations

import logging

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from accounts.models import User

log = logging.getLogger(__name__)

SHORTEST = 15
"""Characters of a password that nothing else stands beside (NIST SP 800-63B-4, 3.1.1.2)."""


class AddressInUse(Exception):
    """The address is that of an account which signs in by Cognito."""


@transaction.atomic(durable=True)
def break_glass(*, email: str, password: str) -> User:
    """An admin who signs in with this password; one who is there gets it as a new one, which ends old sign-ins.

    Raises AddressInUse.
    """
    user = User.objects.with_email(email).select_for_update().first()
    if user is None:
        user = User.objects.create_superuser(email, password, name="Break glass")
        _record(user, ADDITION, "Made for an emergency, by manage.py break_glass.")
        return user
    if user.pool != User.Pool.LOCAL:
        raise AddressInUse
    user.set_password(password)
    user.is_active = user.is_staff = user.is_superuser = True
    user.save(update_fields=["password", "is_active", "is_staff", "is_superuser"])
    _record(user, CHANGE, "Given a new password, by manage.py break_glass.")
    return user


@transaction.atomic(durable=True)
def put_back(*, email: str) -> bool:
    """Whether there was such an account. Nobody signs in to it any more; its row stays, for the log of what it did."""
    user = User.objects.with_email(email).select_for_update().filter(pool=User.Pool.LOCAL, is_active=True).first()
    if user is None:
        return False
    user.set_unusable_password()
    user.is_active = user.is_staff = user.is_superuser = False
    user.save(update_fields=["password", "is_active", "is_staff", "is_superuser"])
    _record(user, DELETION, "Taken away again, by manage.py break_glass.")
    return True


def _record(user: User, action: int, message: str) -> None:
    """In the admin's log, where staff look, and in ours, where an alarm can."""
    LogEntry.objects.create(
        user=user,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(user.pk),
        object_repr=str(user),
        action_flag=action,
        change_message=message,
    )
    log.warning("emergency account %s: %s", user.pk, message)
