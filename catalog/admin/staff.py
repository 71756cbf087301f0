"""Who works in the admin, and what nobody may do there."""

from __future__ import annotations

from django.db.models import Model
from django.http import HttpRequest

from accounts.models import User


class ReadOnly:
    """For what the services alone write."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def email_of(request: HttpRequest) -> str:
    """The name under which the audit and the ledger keep who did it."""
    return request.user.email if isinstance(request.user, User) else ""
