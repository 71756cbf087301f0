"""The JSON of an import."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from catalog.imports.files import NAMES, SEPARATORS
from catalog.models import Import, RejectedRow

MAX_SHOWN = 1000
"""How many refusals the API lists; all of them are in the admin's report."""


def import_json(job: Import, rejected: Iterable[RejectedRow]) -> dict[str, Any]:
    return brief_json(job) | {
        "rejected": [
            {"row": one.row, "column": one.column, "code": one.code, "message": one.message} for one in rejected
        ]
    }


def brief_json(job: Import) -> dict[str, Any]:
    """As lists show it: without the rows that were rejected."""
    return {
        "id": job.id,
        "kind": job.kind,
        "status": job.status,
        "dry_run": job.dry_run,
        "filename": job.filename,
        "mapping": job.mapping,
        "encoding": NAMES.get(job.encoding),
        "separator": SEPARATORS.get(job.separator),
        "rows": job.rows,
        "done": job.done,
        "created": job.created,
        "updated": job.updated,
        "unchanged": job.unchanged,
        "rejected_count": job.rejected_count,
        "error": job.error or None,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
    }
