"""What the catalog does when an import was asked for."""

from __future__ import annotations

from uuid import UUID

from catalog.events import ImportRequested
from catalog.imports import running
from events.envelope import Received


def run_import(received: Received[ImportRequested]) -> None:
    """Takes over the rows of the file, from where the import stands, for as long as one message may take."""
    running.run(UUID(received.event.import_id))
