"""Two people at one thing: a page carries the version that it shows, and is not saved over a later one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms

from api.problems import Overtaken
from catalog.admin.shown import brief
from catalog.models import Category, Change, Product


class SeenVersion(forms.IntegerField):
    """The version that a page shows. It is nothing that somebody typed in, and so never a change of its own."""

    def __init__(self) -> None:
        super().__init__(required=False, widget=forms.HiddenInput)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


def unless_later_than(seen: int | None) -> Callable[[Product | Category], None]:
    """What services ask of what is locked: raises Overtaken (412) where it has another version than was seen."""

    def check(there: Product | Category) -> None:
        if there.version != seen:
            raise Overtaken(told(there.id, there.version - (seen or 0)))

    return check


def told(subject_id: UUID, changes: int) -> str:
    """What others did to it in its last `changes` changes, as the person reads it whose page is older."""
    rows = list(Change.objects.filter(subject_id=subject_id)[: max(1, min(changes, 5))])
    done = "; ".join(
        f"{row.by or 'somebody'} changed {_fields(row.changes)} ({row.at:%H:%M} UTC)" for row in reversed(rows)
    )
    return (
        f"Not saved, for it has been changed since you opened this page: {done or 'by somebody'}. What you typed in is "
        "still here. Save again to put it in place of theirs, or open the page anew to see theirs."
    )


def shows_version(form: forms.BaseModelForm[Any], version: int) -> None:
    """Has a refused form carry the present version, so that saving it again is a decision and not refused again."""
    form.data = form.data.copy()  # type: ignore[attr-defined]  # a QueryDict
    form.data[form.add_prefix("seen")] = version  # type: ignore[index]


def _fields(changes: dict[str, list[Any]]) -> str:
    shown = [
        name if isinstance(after, (list, dict)) else f"{name} from {brief(before)[:40]} to {brief(after)[:40]}"
        for name, (before, after) in changes.items()
    ]
    return ", ".join(shown)
