"""What a worker does about a person's own data."""

from __future__ import annotations

from uuid import UUID

from accounts.events import CustomerDeleted, DataExportRequested
from accounts.own_data import erasing, exports
from events.envelope import Received


def make_export(received: Received[DataExportRequested]) -> None:
    exports.make(UUID(received.event.export_id))


def forget_customer(received: Received[CustomerDeleted]) -> None:
    """What lies outside of the database: the sign-in, and the files of exports. It does no harm done twice."""
    user_id = UUID(received.event.customer_id)
    exports.delete_files_of(user_id)
    erasing.remove_sign_in(user_id)
