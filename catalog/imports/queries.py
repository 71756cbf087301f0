"""Reading imports. Staff see all of them."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from api.problems import NotFound
from catalog.models import Import, RejectedRow


def import_by_id(import_id: UUID) -> Import:
    job = Import.objects.filter(id=import_id).first()
    if job is None:
        raise NotFound("There is no such import.")
    return job


def rejected_rows(job: Import) -> Iterator[RejectedRow]:
    """In the order of the file, read as they are asked for."""
    return job.rejected.order_by("row", "id").iterator(chunk_size=500)
