"""Starting an import, and giving one up."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from uuid import UUID

from django.core.files import File
from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog.errors import ImportRunning
from catalog.events import ImportRequested
from catalog.models import Import
from events.outbox import record
from storage import bucket

MAX_BYTES = 50 * 1024 * 1024
CONTENT_TYPE = "text/csv"


def upload(file: File[bytes]) -> str:
    """Stores the file under a key that follows from its content, and gives the key: the same file is stored once.

    To be called before any transaction. What S3 raises goes out: see `storage.bucket.answerable`.
    """
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    key = f"imports/{digest.hexdigest()}.csv"
    file.seek(0)
    bucket.store_file(key, file, content_type=CONTENT_TYPE)
    return key


@transaction.atomic
def start_import(*, key: str, filename: str, by: str, dry_run: bool = False, mapping: Mapping[str, str]) -> Import:
    """Has a worker take over the file that `upload` stored; `mapping` is our column → the file's.

    With `dry_run` every row is checked and nothing changed. Raises ImportRunning (409) while another one is not done.
    """
    try:
        with transaction.atomic():
            job = Import.objects.create(
                key=key, filename=filename[-200:], by=by, dry_run=dry_run, mapping=dict(mapping)
            )
    except IntegrityError:
        running = Import.objects.filter(status__in=Import.UNFINISHED).first()
        raise ImportRunning("An import is running. Wait until it is done.", import_id=running and running.id) from None
    record(ImportRequested(import_id=str(job.id), kind=job.kind, done=0))
    return job


@transaction.atomic
def give_up(*, import_id: UUID, by: str) -> bool:
    """Ends an import where it stands; what is taken over stays. Says whether it was not over already."""
    job = Import.objects.select_for_update().get(id=import_id)
    if job.is_over:
        return False
    job.status, job.finished_at, job.error = Import.Status.FAILED, timezone.now(), f"Given up by {by}."
    job.save(update_fields=["status", "finished_at", "error"])
    return True
