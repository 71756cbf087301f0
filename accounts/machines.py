"""Programs that call by themselves, with tokens of client credentials (RFC 6749, section 4.4).

SERVICE_CLIENTS names them. Each has an account, so that it is somebody in every history and log, and can be blocked
there; but it has no password, no Cognito user and no mail, and nothing of its own.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction

from accounts.models import User

DOMAIN = "service.invalid"
"""RFC 2606, section 2: nobody will ever have an address there."""


def account_of(name: str) -> User:
    """The account of the program of this name, made on first sight. Whatever client it comes with, it is the same."""
    accounts = User.objects.with_email(address_of(name)).filter(pool=User.Pool.SERVICES)
    found = accounts.first()
    if found is None:
        try:
            with transaction.atomic():
                found = User.objects.create_user(address_of(name), name=name, pool=User.Pool.SERVICES)
        except IntegrityError:  # a request beside this one was first
            found = accounts.get()
    return found


def address_of(name: str) -> str:
    """What stands in histories and logs where a person's address would."""
    return f"{name}@{DOMAIN}"
