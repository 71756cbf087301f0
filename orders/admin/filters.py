"""How the list of orders is narrowed. All of these are fields of one form (`list_filter_submit`)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter

from orders.late import late_among
from orders.models import Order

Lookups = list[tuple[str, str]]


class LateFilter(DropdownFilter):  # type: ignore[misc]  # untyped package
    title = parameter_name = "late"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        return [("yes", "Late: confirmed and not shipped in time")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        return late_among(queryset) if self.value() == "yes" else queryset


class HiddenFilter(DropdownFilter):  # type: ignore[misc]
    """Deleted orders are out of the way until somebody asks for them."""

    title = parameter_name = "deleted"
    all_option = ["", "Without the deleted"]

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        return [("only", "Only the deleted"), ("with", "With the deleted")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        if self.value() == "with":
            return queryset
        if self.value() == "only":  # all of them are cancelled, which an index knows
            return queryset.filter(hidden_at__isnull=False, status=Order.Status.CANCELLED)
        return queryset.filter(hidden_at__isnull=True)


class DaysFilter(RangeDateFilter):  # type: ignore[misc]
    """Days of the shop's time zone, both inclusive, of a field that is a moment."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "day"  # rather than the field's name, such as “at”

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if (first := self._day("from")) is not None:
            queryset = queryset.filter(**{f"{self.parameter_name}__gte": first})
        if (end := self._day("to", after=1)) is not None:
            queryset = queryset.filter(**{f"{self.parameter_name}__lt": end})
        return queryset

    def _day(self, end: str, after: int = 0) -> datetime | None:
        """When the day begins that comes `after` so many; nothing bounds where there is no such day."""
        try:
            day = date.fromisoformat(str(self.used_parameters.get(f"{self.parameter_name}_{end}")))
            return timezone.make_aware(datetime.combine(day + timedelta(days=after), time.min))
        except (ValueError, OverflowError):
            return None
