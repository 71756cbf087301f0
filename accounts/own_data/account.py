"""What is stored about a person in the account itself, and below: in the event log, and beside idempotency keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.admin.models import LogEntry
from django.db.models import Q

from accounts.addresses.serializers import address_json
from accounts.models import User
from accounts.own_data.parts import erases, in_batches, tells
from api.idempotency import guest_caller
from api.models import IdempotencyKey
from events.models import Event
from events.presentation import event_json


@tells("account")
def account(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "language": user.language,
        "role": user.role,
        "allowed_in": user.is_active,
        "user_pool": user.pool,
        "cognito_sub": user.cognito_sub,
        "created_at": user.created_at,
        "last_admin_login": user.last_login,
    }


@tells("addresses")
def addresses(user: User) -> Iterator[dict[str, Any]]:
    return map(address_json, in_batches(user.addresses.all()))


@tells("changes_by_staff")
def changes_by_staff(user: User) -> Iterator[dict[str, Any]]:
    """Who of the staff it was is their own data, and not this person's."""
    for entry in in_batches(LogEntry.objects.filter(object_id=str(user.pk), content_type__model="user")):
        yield {"at": entry.action_time, "what": entry.get_change_message()}


@tells("events")
def events(user: User) -> Iterator[dict[str, Any]]:
    about = Q(customer_id=user.pk) | Q(subject=f"customer/{user.pk}")
    for row in in_batches(Event.objects.filter(about)):
        yield event_json(
            id=row.id, position=row.position, type=row.type, time=row.time, subject=row.subject, data=row.data
        )


@tells("idempotency_keys")
def idempotency_keys(user: User) -> Iterator[dict[str, Any]]:
    for row in in_batches(IdempotencyKey.objects.filter(caller=str(user.pk))):
        answer = bytes(row.body).decode()
        yield {"key": row.key, "status": row.status, "answer": answer, "created_at": row.created_at}


@erases
def forget_account(user: User) -> None:
    """The account's own row is emptied by `erasing`. An entry of the admin's log has the address in its title."""
    user.addresses.all().delete()
    user.exports.all().delete()
    IdempotencyKey.objects.filter(caller__in=[str(user.pk), guest_caller(user.email)]).delete()
    LogEntry.objects.filter(object_id=str(user.pk), content_type__model="user").update(
        object_repr=user.address_of_nobody
    )
