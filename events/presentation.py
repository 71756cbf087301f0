"""The JSON of an event, as the live feed sends it and lists show it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID


def event_json(
    *, id: UUID, position: int | None, type: str, time: datetime, subject: str, data: dict[str, Any]
) -> dict[str, Any]:
    """An event as the contract shows it. The cursor is null until the relay has given the event its position."""
    return {
        "id": id,
        "cursor": None if position is None else str(position),
        "type": type,
        "time": time,
        "subject": subject,
        "data": data,
    }
