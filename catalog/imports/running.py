"""Running an import: in batches, each with its progress in one transaction, for a minute at most at a time.

However a worker ends, the rows behind `Import.done` are in and no others; whoever comes next goes on there. A handler
must be done before its message becomes visible again, so a long import stops after a batch, and records in that batch's
transaction the event by which the next message comes.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from typing import IO
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from catalog.errors import BadImport
from catalog.events import ImportRequested
from catalog.imports import files
from catalog.imports.batches import Outcome, take_over
from catalog.imports.files import Format
from catalog.imports.rows import Row, Table
from catalog.models import Import, RejectedRow
from events.outbox import record
from storage import bucket

BATCH = 200
SECONDS = 45
"""How long one message is worked on, at the end of a batch: well below VISIBILITY_TIMEOUT."""


class RunElsewhere(Exception):
    """Another worker has taken rows over meanwhile. SQS is to deliver the message again, should that one die."""


def run(import_id: UUID) -> None:
    """Goes on with an import; nothing happens where it is over. Raises RunElsewhere, and what S3 raises."""
    job = Import.objects.get(id=import_id)
    if job.is_over:
        return
    try:
        with _file(job.key) as file:
            table = _table(job, file)
            _work(job, table)
    except (BadImport, FileNotFoundError) as reason:
        text = reason.detail if isinstance(reason, BadImport) else "The file is no longer there."
        Import.objects.filter(id=import_id, status__in=Import.UNFINISHED).update(
            status=Import.Status.FAILED, error=text, finished_at=timezone.now()
        )


def _table(job: Import, file: IO[bytes]) -> Table:
    """The first time, the file is read to its end: what is wrong with it as a whole is found before a row is taken."""
    if job.status == Import.Status.RUNNING:
        return Table(file, Format(job.encoding, job.separator), job.mapping)
    format = files.detect(file, job.mapping)
    table = Table(file, format, job.mapping)
    job.encoding, job.separator, job.rows = format.encoding, format.separator, files.count(file, format)
    job.status, job.started_at = Import.Status.RUNNING, timezone.now()
    begun = Import.objects.filter(id=job.id, status=Import.Status.QUEUED).update(
        encoding=job.encoding,
        separator=job.separator,
        rows=job.rows,
        status=job.status,
        started_at=job.started_at,
    )
    if not begun:
        raise RunElsewhere(f"Import {job.id} has been begun meanwhile.")
    return table


def _work(job: Import, table: Table) -> None:
    stop_at = time.monotonic() + SECONDS
    with closing(table.rows(after=job.done)) as rows:
        while True:
            batch = list(islice(rows, BATCH))
            if not batch and job.done < job.rows:
                raise BadImport("The file has fewer rows than it had when the import began.")
            stop = time.monotonic() >= stop_at
            if not _take(job, batch, table.columns, stop=stop) or stop:
                return


def _take(job: Import, batch: Sequence[Row], columns: Sequence[str], *, stop: bool) -> bool:
    """One batch and its progress, in a transaction; says whether there is more to do."""
    with transaction.atomic(durable=True):
        now = Import.objects.select_for_update().get(id=job.id)
        if now.is_over:  # given up by staff
            return False
        if now.done != job.done:
            raise RunElsewhere(f"Import {job.id} is at row {now.done} by another worker.")
        outcome = take_over(batch, columns=columns, by=job.by, dry_run=job.dry_run) if batch else Outcome()
        RejectedRow.objects.bulk_create(
            RejectedRow(run=job, row=line, column=refusal.column[:80], code=refusal.code, message=refusal.message)
            for line, refusal in outcome.refusals
        )
        job.done += len(batch)
        job.created += outcome.counts["created"]
        job.updated += outcome.counts["updated"]
        job.unchanged += outcome.counts["unchanged"]
        finished = job.done >= job.rows
        if finished:
            job.status, job.finished_at = Import.Status.DONE, timezone.now()
        elif stop:
            record(ImportRequested(import_id=str(job.id), kind=job.kind, done=job.done))
        job.save(update_fields=["done", "created", "updated", "unchanged", "status", "finished_at"])
    return not finished


@contextmanager
def _file(key: str) -> Iterator[IO[bytes]]:
    """The stored file, on this machine's disk: it is read more than once, and S3 need not wait for the database."""
    with tempfile.TemporaryFile() as file:
        _, chunks = bucket.stream(key)
        for chunk in chunks:
            file.write(chunk)
        yield file
