"""The page with a month's documents to save, for whoever keeps the books."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import action

from invoices.keeping import months
from invoices.models import Invoice

SHOWN = 24
"""Months that the page lists; older ones have their address all the same."""
FILES = {"csv": months.table, "zip": months.archive}


class Months(ModelAdmin):  # type: ignore[misc]  # untyped package
    def get_urls(self) -> list[Any]:
        own = path(
            "months/<int:year>-<int:month>.<str:ending>",
            self.admin_site.admin_view(self.month),
            name="invoices_invoice_month",
        )
        return [own, *super().get_urls()]

    @action(description="For the accountant", url_path="months", permissions=["view"], icon="folder_zip")  # type: ignore[untyped-decorator]
    def months(self, request: HttpRequest) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "title": "For the accountant", "months": _newest_months()}
        return TemplateResponse(request, "admin/invoices/months.html", context)

    def month(self, request: HttpRequest, year: int, month: int, ending: str) -> HttpResponseBase:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if ending not in FILES or not (1 <= month <= 12 and 1 <= year <= 9998):
            raise Http404
        return FILES[ending](year, month)


def _newest_months() -> list[tuple[int, int]]:
    """From this month back, as far as there are documents."""
    oldest, now = Invoice.objects.order_by("id").values_list("issued_at", flat=True).first(), timezone.localtime()
    if oldest is None:
        return []
    last, first = now.year * 12 + now.month - 1, timezone.localtime(oldest)
    return [(n // 12, n % 12 + 1) for n in range(last, max(last - SHOWN, first.year * 12 + first.month - 2), -1)]
