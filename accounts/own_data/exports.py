"""The file with all that is stored about a person: asked for, made by a worker, and gone after a day."""

from __future__ import annotations

from datetime import timedelta
from tempfile import TemporaryFile
from typing import IO
from uuid import UUID

from django.core.files import File
from django.db import transaction
from django.utils import timezone

from accounts.events import DataExportRequested
from accounts.models import DataExport, User
from accounts.own_data.parts import sources
from accounts.services import locked
from api.renderers import dumps
from events.outbox import record
from storage import bucket

PREFIX = "own-data/"
KEPT_FOR = timedelta(days=1)
"""Whoever asks again meanwhile gets the same file."""


@transaction.atomic
def export_of(user: User) -> DataExport:
    """The latest file, made or on its way; the first to ask in a day has a worker make one. Raises Blocked."""
    locked(user)  # of two who ask at once, the second sees what the first has asked for
    export = user.exports.filter(created_at__gt=timezone.now() - KEPT_FOR).first()
    if export is None:
        export = user.exports.create()
        record(DataExportRequested(export_id=str(export.id), customer_id=str(user.pk)))
    return export


def make(export_id: UUID) -> None:
    """Writes and stores the file, unless that is done. Needs no transaction, and may run any number of times."""
    export = DataExport.objects.select_related("user").filter(id=export_id, ready_at=None).first()
    if export is None:
        return
    key = key_of(export)
    with TemporaryFile() as file:
        _write(export.user, file)
        size = file.tell()
        file.seek(0)
        bucket.store_file(key, File(file), content_type="application/json", download=True)
    if not DataExport.objects.filter(id=export_id).update(size=size, ready_at=timezone.now()):
        bucket.delete([key])  # the account was deleted meanwhile


def key_of(export: DataExport) -> str:
    return f"{PREFIX}{export.user_id}/{export.id}.json"


def delete_files_of(user_id: UUID) -> None:
    for page in bucket.pages(f"{PREFIX}{user_id}/"):
        bucket.delete(page)


def forget_old() -> int:
    """Deletes files that are a day old and more, and says how many.

    The bucket is looked through, not the table: so a file goes of which a crash has left no row.
    """
    limit, deleted = timezone.now() - KEPT_FOR, 0
    for page in bucket.pages(PREFIX):
        old = [key for key, stored in page.items() if stored <= limit]
        bucket.delete(old)
        deleted += len(old)
    DataExport.objects.filter(created_at__lte=limit).delete()
    return deleted


def _write(user: User, file: IO[bytes]) -> None:
    """One JSON object, a line for each row, written as the rows come: a customer may have thousands of orders."""
    file.write(b'{\n"made_at": ' + dumps(timezone.now()))
    for name, source in sources.items():
        file.write(b",\n" + dumps(name) + b": ")
        told = source(user)
        if isinstance(told, dict):
            file.write(dumps(told))
            continue
        file.write(b"[")
        for index, row in enumerate(told):
            file.write((b",\n" if index else b"\n") + dumps(row))
        file.write(b"]")
    file.write(b"\n}\n")
