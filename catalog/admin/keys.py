"""The keys in the admin's addresses, which anybody can write by hand."""

from __future__ import annotations

from uuid import UUID


def key_of(object_id: object) -> UUID:
    """The id in an address; of what is none, one that nothing has."""
    try:
        return UUID(str(object_id))
    except ValueError:
        return UUID(int=0)
