"""Addresses that are not written to: seen by staff, and taken off the list by them when the reason is gone."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from catalog.admin.shown import link
from catalog.admin.staff import ReadOnly, email_of
from notifications.mail import suppression
from notifications.models import Suppression


class OnTheList(admin.SimpleListFilter):
    title = "on the list"
    parameter_name = "listed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "now"), ("no", "taken off")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Suppression]) -> QuerySet[Suppression]:
        return queryset.filter(lifted_at__isnull=self.value() == "yes") if self.value() else queryset


@admin.register(Suppression)
class SuppressionAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]  # untyped package
    list_display = ("address", "shown_state", "reason", "at", "detail", "lifted_by")
    list_filter = (OnTheList, "reason")
    search_fields = ("address",)
    ordering = ("-id",)
    show_full_result_count = False
    actions = None
    actions_detail = ("lift",)
    fields = ("address", "shown_state", "reason", "detail", "mail_link", "at", "lifted_at", "lifted_by")

    def has_lift_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("notifications.change_suppression"))

    @action(  # type: ignore[untyped-decorator]
        description="Write to it again",
        icon="mark_email_read",
        permissions=["lift"],
        dialog={
            "title": "Write to this address again",
            "description": "Only if the reason is gone: SES shuts out who goes on writing to addresses that bounce.",
            "form_class": BaseDialogForm,
            "form_submit_text": "Write to it again",
        },
    )
    def lift(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        if suppression.lift(suppression_id=row.id, by=email_of(request)):
            self.log_change(request, row, "Taken off the list.")
            messages.success(request, f"{row.address} is written to again.")
        else:
            messages.info(request, f"{row.address} was taken off the list before.")
        return HttpResponse(headers={"HX-Redirect": reverse("admin:notifications_suppression_change", args=[row.id])})

    @display(description="state", label={"not written to": "danger", "taken off": "info"})  # type: ignore[untyped-decorator]
    def shown_state(self, row: Suppression) -> str:
        return "not written to" if row.is_active else "taken off"

    @display(description="the mail that led to it", empty_value="none")  # type: ignore[untyped-decorator]
    def mail_link(self, row: Suppression) -> SafeString | None:
        if row.mail is None:
            return None
        return link(reverse("admin:notifications_mail_change", args=[row.mail.id]), row.mail.subject)
