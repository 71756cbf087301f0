"""The list of addresses that are not written to: who comes on it, and how staff take one off."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from notifications.models import Mail, Suppression


def of(address: str) -> Suppression | None:
    """Why this address is not written to; None where it is."""
    return Suppression.objects.filter(address=address.lower(), lifted_at=None).first()


def add(mail: Mail, *, reason: Suppression.Reason, detail: str) -> None:
    """Puts a mail's address on the list, once: told again, it stays off a list that staff have taken it from.

    A complaint takes the place of a bounce that was there before.
    """
    if Suppression.objects.filter(mail=mail, reason=reason).exists():
        return
    row, is_new = Suppression.objects.get_or_create(
        address=mail.to.lower(), lifted_at=None, defaults={"reason": reason, "detail": detail, "mail": mail}
    )
    if not is_new and row.reason != reason == Suppression.Reason.COMPLAINT:
        Suppression.objects.filter(id=row.id).update(reason=reason, detail=detail, mail=mail)


@transaction.atomic
def lift(*, suppression_id: UUID, by: str) -> bool:
    """Takes an address off the list; the row stays and says who did it. False where somebody else has."""
    row = Suppression.objects.filter(id=suppression_id, lifted_at=None)
    return bool(row.update(lifted_at=timezone.now(), lifted_by=by))
