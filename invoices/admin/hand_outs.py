"""Who was given the way to which document: read, and forgotten after a while."""

from __future__ import annotations

from django.contrib import admin
from unfold.admin import ModelAdmin

from catalog.admin.staff import ReadOnly
from events.admin import EstimatingPaginator
from invoices.models import HandOut


@admin.register(HandOut)
class HandOutAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]  # untyped package
    list_display = ("at", "invoice", "by", "way")
    list_filter = ("way",)
    search_fields = ("=invoice__number",)
    list_select_related = ("invoice", "by")
    ordering = ("-id",)
    paginator = EstimatingPaginator
    show_full_result_count = False
    actions = None
