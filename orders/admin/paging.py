"""Pages of a list that may be of a million rows."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

MOST = 10_000
"""Rows that are counted and can be paged through. Whoever has more needs a filter, not the two hundredth page."""


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    @cached_property
    def count(self) -> int:
        rows = self.object_list
        return rows[:MOST].count() if isinstance(rows, QuerySet) else len(rows)
