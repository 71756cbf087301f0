"""What a person does with the address book."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.addresses.postal_codes import postal_code_in
from accounts.errors import AddressNotFound, TooManyAddresses
from accounts.models import Address, User
from accounts.services import locked

MAX_ADDRESSES = 50
"""Of one person."""
DEFAULTS = ("default_shipping", "default_billing")

Check = Callable[[Address], None]
"""What a caller wants to hold for an address before it changes; it raises where it does not."""


@transaction.atomic
def add_address(*, user: User, facts: Mapping[str, Any]) -> Address:
    """A new entry, which takes over from the defaults that it wants to be. Raises TooManyAddresses."""
    locked(user)  # changes of one book go one after another, so that the bound and the defaults hold
    if user.addresses.count() >= MAX_ADDRESSES:
        raise TooManyAddresses(f"An address book has at most {MAX_ADDRESSES} addresses: delete one first.")
    _take_over(user, facts)
    return user.addresses.create(**facts)


@transaction.atomic
def change_address(*, user: User, address_id: UUID, changes: Mapping[str, Any], check: Check | None = None) -> Address:
    """Changes what is given; the same again leaves no trace.

    Raises AddressNotFound, InvalidPostalCode for the country that the address then has, and what `check` raises.
    """
    locked(user)
    address = address_of(user, address_id)
    if check:
        check(address)
    country = changes.get("country", address.country)
    code = postal_code_in(country, changes.get("postal_code", address.postal_code))
    changed = {
        name: value for name, value in {**changes, "postal_code": code}.items() if getattr(address, name) != value
    }
    if not changed:
        return address
    _take_over(user, changed)
    for name, value in changed.items():
        setattr(address, name, value)
    address.updated_at = timezone.now()
    address.save(update_fields=[*changed, "updated_at"])
    return address


@transaction.atomic
def delete_address(*, user: User, address_id: UUID, check: Check | None = None) -> None:
    """Takes the entry away; a default that it was is nobody's then. Raises AddressNotFound, and what `check` raises."""
    locked(user)
    address = address_of(user, address_id)
    if check:
        check(address)
    address.delete()


def address_of(user: User, address_id: UUID) -> Address:
    """An entry of this person's book. Raises AddressNotFound."""
    address = user.addresses.filter(id=address_id).first()
    if address is None:
        raise AddressNotFound
    return address


def _take_over(user: User, facts: Mapping[str, Any]) -> None:
    for default in DEFAULTS:
        if facts.get(default):
            user.addresses.filter(**{default: True}).update(**{default: False, "updated_at": timezone.now()})
