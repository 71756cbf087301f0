"""Imports as staff start and follow them; the export is a button beside."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from rest_framework.exceptions import ValidationError as Rejected
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextareaWidget, UnfoldBooleanSwitchWidget

from api.problems import Problem
from api.spreadsheets import guarded
from catalog.admin.keys import key_of
from catalog.admin.staff import ReadOnly, email_of
from catalog.imports import export, services
from catalog.imports.columns import ATTRIBUTE, FIXED, REQUIRED
from catalog.imports.files import NAMES, SEPARATORS
from catalog.imports.queries import rejected_rows
from catalog.imports.rows import refusals_of
from catalog.imports.serializers import MappingField
from catalog.models import Import, RejectedRow
from storage import bucket

MAX_SHOWN = 200
"""Refusals on an import's page; the report has all."""


class ImportForm(forms.Form):
    file = forms.FileField(
        label="CSV file",
        allow_empty_file=True,  # the import itself says what is wrong with a file
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.txt,.tsv,text/csv"}),
        help_text=f"At most {services.MAX_BYTES // 1024**2} MiB. {', '.join(REQUIRED)} suffice; known are "
        f"{', '.join(FIXED)} and {ATTRIBUTE}NAME.",
    )
    dry_run = forms.BooleanField(
        label="Only check", required=False, widget=UnfoldBooleanSwitchWidget(), help_text="Changes nothing."
    )
    mapping = forms.CharField(
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "spellcheck": "false"}),
        help_text="Where the file's columns have other names: a JSON object, ours → the file's, such as "
        '{"code": "StockCode", "name": "Description"}. Columns that it leaves out are ignored.',
    )

    def clean_file(self) -> Any:
        if self.cleaned_data["file"].size > services.MAX_BYTES:
            raise forms.ValidationError(f"It is larger than {services.MAX_BYTES // 1024**2} MiB.")
        return self.cleaned_data["file"]

    def clean_mapping(self) -> Any:
        if not self.cleaned_data["mapping"].strip():
            return {}
        try:
            return MappingField(max_length=20_000).run_validation(self.cleaned_data["mapping"])
        except Rejected as error:
            raise forms.ValidationError([one.message for one in refusals_of("mapping", error)]) from None


@admin.register(Import)
class ImportAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]  # untyped package
    list_display = ("created_at", "filename", "shown_status", "shown_progress", "shown_rows", "by")
    list_filter = ("status", "dry_run")
    search_fields = ("filename", "by")
    ordering = ("-id",)
    fields = (("filename", "by"), ("created_at", "finished_at"), ("shown_format", "shown_mapping"))
    readonly_fields = ("shown_format", "shown_mapping")
    change_form_outer_before_template = "admin/catalog/import/report.html"
    actions_list = ("export_products",)
    actions_detail = ("rejected_report", "give_up")
    show_full_result_count = False

    class Media:
        css = {"all": ("catalog/imports.css",)}
        js = ("catalog/imports.js",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("catalog.add_import"))

    def has_unfinished_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return Import.objects.filter(id=key_of(object_id), status__in=Import.UNFINISHED).exists()

    def has_rejected_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return RejectedRow.objects.filter(run_id=key_of(object_id)).exists()

    # --- the list ---

    @display(description="status", ordering="status")  # type: ignore[untyped-decorator]
    def shown_status(self, job: Import) -> SafeString:
        return format_html(
            '<span id="status-{}" data-live class="import-status import-{}">{}</span>', job.id, job.status, job.status
        )

    @display(description="progress")  # type: ignore[untyped-decorator]
    def shown_progress(self, job: Import) -> SafeString | str:
        return render_to_string("admin/catalog/import/progress.html", {"job": job, "place": "list"})

    @display(description="created · updated · unchanged · rejected")  # type: ignore[untyped-decorator]
    def shown_rows(self, job: Import) -> SafeString:
        return format_html(
            '<span id="rows-{}" data-live>{}{} · {} · {} · {}</span>',
            job.id,
            "checked only: " if job.dry_run else "",
            job.created,
            job.updated,
            job.unchanged,
            job.rejected_count,
        )

    @action(description="Export products", icon="download", permissions=["view"])  # type: ignore[untyped-decorator]
    def export_products(self, request: HttpRequest) -> StreamingHttpResponse:
        return export.response()

    # --- starting one ---

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Not the framework's, which holds a transaction open: the file is stored before there is one."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ImportForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                job = self._start(request, form)
            except Problem as problem:
                form.add_error(None, problem.detail)
            else:
                self.log_addition(request, job, "Only checked." if job.dry_run else "Started.")
                return HttpResponseRedirect(reverse("admin:catalog_import_change", args=[job.id]))
        context = {
            **self.admin_site.each_context(request),
            "title": "Import products",
            "opts": self.opts,
            "form": form,
            "media": self.media + form.media,
            "running": Import.objects.filter(status__in=Import.UNFINISHED).first(),
        }
        return TemplateResponse(request, "admin/catalog/import/add.html", context)

    @staticmethod
    def _start(request: HttpRequest, form: ImportForm) -> Import:
        facts = form.cleaned_data
        with bucket.answerable():
            key = services.upload(facts["file"])
        return services.start_import(
            key=key,
            filename=facts["file"].name,
            by=email_of(request),
            dry_run=facts["dry_run"],
            mapping=facts["mapping"],
        )

    # --- one of them ---

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        job = Import.objects.filter(id=key_of(object_id)).first()
        rejected = list(job.rejected.order_by("row", "id")[: MAX_SHOWN + 1]) if job else []
        report = {"job": job, "place": "page", "rejected": rejected[:MAX_SHOWN], "more": len(rejected) > MAX_SHOWN}
        page: HttpResponse = super().changeform_view(request, object_id, form_url, {**(extra_context or {}), **report})
        return page

    @display(description="read as")  # type: ignore[untyped-decorator]
    def shown_format(self, job: Import) -> SafeString:
        format = f"{NAMES[job.encoding]}, separated by {SEPARATORS[job.separator]}" if job.encoding else "–"
        return format_html('<span id="format-{}" data-live>{}</span>', job.id, format)

    @display(description="mapping")  # type: ignore[untyped-decorator]
    def shown_mapping(self, job: Import) -> str:
        return ", ".join(f"{ours} ← {theirs}" for ours, theirs in job.mapping.items()) or "none: by the columns' names"

    @action(  # type: ignore[untyped-decorator]
        description="Rejected rows as CSV",
        icon="download",
        url_path="rejected",
        permissions=["rejected"],
    )
    def rejected_report(self, request: HttpRequest, object_id: str) -> StreamingHttpResponse:
        answer = StreamingHttpResponse(_report(key_of(object_id)), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="rejected-{object_id}.csv"'
        return answer

    @action(  # type: ignore[untyped-decorator]
        description="Give up",
        icon="cancel",
        url_path="give-up",
        permissions=["unfinished"],
        dialog={
            "title": "Give up this import",
            "description": "What is taken over stays. Import the file again to go on: rows that are in are left alone.",
            "form_submit_text": "Give up",
        },
    )
    def give_up(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        given_up = services.give_up(import_id=UUID(object_id), by=email_of(request))
        if given_up:
            self.log_change(request, Import.objects.get(id=object_id), "Given up.")
        messages.success(request, "The import is given up." if given_up else "It was over already.")
        return HttpResponse(headers={"HX-Redirect": reverse("admin:catalog_import_change", args=[object_id])})


class _Line:
    """A file that hands each line on, as the csv module's writer wants one."""

    def write(self, line: str) -> str:
        return line


def _report(import_id: UUID) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(("row", "column", "code", "message"))
    for one in rejected_rows(Import.objects.get(id=import_id)):
        yield writer.writerow((one.row, guarded(one.column), one.code, guarded(one.message)))
