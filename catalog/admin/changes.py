"""The audit: who changed what in the catalog, when, from what to what."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.decorators import display

from catalog.admin.lists import ListAdmin
from catalog.admin.shown import before_and_after, link, list_url, moment
from catalog.admin.staff import ReadOnly
from catalog.models import Change
from events.admin import EstimatingPaginator

COLOURS = {"created": "success", "updated": "info", "archived": "warning", "deleted": "danger"}


class KindFilter(admin.SimpleListFilter):
    title = parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("product", "Products"), ("category", "Categories")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Change]) -> QuerySet[Change]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Change)
class ChangeAdmin(ReadOnly, ListAdmin):
    list_display = ("shown_at", "shown_name", "shown_action", "shown_changes", "by")
    list_display_links = ("shown_at",)
    list_filter = (KindFilter, "action", "at")
    search_fields = ("name", "by")
    search_help_text = "Name of the product or category, person, or an id"
    ordering = ("-id",)
    fields = (("at", "by"), ("shown_name", "shown_action"), "request_id", "shown_changes")
    readonly_fields = ("shown_name", "shown_action", "shown_changes")
    paginator = EstimatingPaginator

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Change], search_term: str
    ) -> tuple[QuerySet[Change], bool]:
        """An id by its index: the pages of products and categories lead here with one."""
        try:
            return queryset.filter(subject_id=UUID(search_term.strip())), False
        except ValueError:
            found: tuple[QuerySet[Change], bool] = super().get_search_results(request, queryset, search_term)
            return found

    @display(description="at", ordering="at")  # type: ignore[untyped-decorator]
    def shown_at(self, change: Change) -> str:
        return moment(change.at)

    @display(description="what", ordering="name")  # type: ignore[untyped-decorator]
    def shown_name(self, change: Change) -> SafeString | str:
        name = change.name or str(change.subject_id)
        if change.action == Change.Action.DELETED or change.kind not in ("product", "category"):
            return name
        return link(reverse(f"admin:catalog_{change.kind}_change", args=[change.subject_id]), name)

    @display(description="action", ordering="action", label=COLOURS)  # type: ignore[untyped-decorator]
    def shown_action(self, change: Change) -> str:
        return change.action

    @display(description="before → after")  # type: ignore[untyped-decorator]
    def shown_changes(self, change: Change) -> SafeString:
        return before_and_after(change.changes)


def history_url(subject_id: object) -> str:
    """The audit of one product or category."""
    return list_url("catalog_change", q=subject_id)
