"""The admin as a whole: its first page, and the log of what was done in it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from catalog.admin.lists import ListAdmin
from catalog.admin.shown import link, moment
from catalog.admin.staff import ReadOnly
from events.admin import EstimatingPaginator

admin.site.index_template = "shop/dashboard.html"

COLOURS = {"addition": "success", "change": "info", "deletion": "danger"}


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnly, ListAdmin):
    """Who did what in the admin, newest first. For admins: it tells of customers and of staff alike."""

    list_display = ("at", "user", "shown_action", "content_type", "what", "done")
    list_display_links = None
    list_filter = ("action_flag", "content_type", "action_time")
    list_select_related = ("user", "content_type")
    search_fields = ("user__email", "object_repr", "=object_id")
    search_help_text = "Person, name of what it was done to, or its id"
    ordering = ("-id",)
    paginator = EstimatingPaginator

    @display(description="at", ordering="id")  # type: ignore[untyped-decorator]
    def at(self, entry: LogEntry) -> str:
        return moment(entry.action_time)

    @display(description="action", label=COLOURS)  # type: ignore[untyped-decorator]
    def shown_action(self, entry: LogEntry) -> str:
        return str(entry.get_action_flag_display()).lower()

    @display(description="what")  # type: ignore[untyped-decorator]
    def what(self, entry: LogEntry) -> SafeString | str:
        url = None if entry.is_deletion() else entry.get_admin_url()
        return link(url, entry.object_repr) if url else entry.object_repr

    @display(description="what was done")  # type: ignore[untyped-decorator]
    def done(self, entry: LogEntry) -> str:
        return str(entry.get_change_message())

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and getattr(request.user, "is_superuser", False))
