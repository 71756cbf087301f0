"""What a worker does about a person's own data."""

from __future__ import annotations

from uuid import UUID

from accounts.events import DataExportRequested
from accounts.own_data import exports
from events.envelope import Received


def make_export(received: Received[DataExportRequested]) -> None:
    exports.make(UUID(received.event.export_id))
