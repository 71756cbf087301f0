"""Ids are UUIDv7: they begin with the time, so that what was made lately is found by the primary key."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.utils import timezone


def earliest_id(ago: timedelta) -> UUID:
    """Not greater than any id that was made since (RFC 9562, 5.7: 48 bits of milliseconds, then the version)."""
    milliseconds = int((timezone.now() - ago).timestamp() * 1000)
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (0b10 << 62))
