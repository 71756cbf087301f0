"""The catalog's audit: a row for each change, with the JSON's fields before and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import orjson

from api.context import current_request_id
from catalog.models import Change

UNTOLD = frozenset({"updated_at"})
"""Fields that follow from others and are no change of their own."""


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Field → its value before and after, of the fields that differ. A variant's stock has the ledger instead."""
    old, new = _without_stock(before), _without_stock(after)
    names = [*old, *(name for name in new if name not in old)]
    return {
        name: [old.get(name), new.get(name)]
        for name in names
        # As JSON: to Python 1, 1.0 and true are equal.
        if name not in UNTOLD and orjson.dumps(old.get(name)) != orjson.dumps(new.get(name))
    }


def line(
    *, kind: str, subject_id: UUID, name: str, action: Change.Action, changes: Mapping[str, list[Any]], by: str
) -> Change:
    """A line that is not written yet."""
    return Change(
        kind=kind,
        subject_id=subject_id,
        name=name[:200],
        action=action,
        changes=dict(changes),
        by=by,
        request_id=current_request_id.get(),
    )


def note(
    *, kind: str, subject_id: UUID, name: str, action: Change.Action, changes: Mapping[str, list[Any]], by: str
) -> None:
    line(kind=kind, subject_id=subject_id, name=name, action=action, changes=changes, by=by).save()


def note_all(lines: Iterable[Change]) -> None:
    Change.objects.bulk_create(lines)


def _without_stock(body: Mapping[str, Any]) -> dict[str, Any]:
    if "variants" not in body:
        return dict(body)
    variants = [{key: value for key, value in variant.items() if key != "stock"} for variant in body["variants"]]
    return {**body, "variants": variants}
