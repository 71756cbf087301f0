"""What suppliers have sent: the invoices that were imported, and what became of each upload. All of it is read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from catalog.admin.keys import key_of
from catalog.admin.staff import ReadOnly
from catalog.money import money
from events.admin import EstimatingPaginator
from invoices.models import IncomingDocument, SupplierInvoice
from invoices.templatetags.for_people import price
from storage import bucket

State = IncomingDocument.State
COLOURS = {
    State.INVOICE_PROCESSED.label: "success",
    State.NON_VALID_INVOICE_NUMBER.label: "danger",
    State.INVOICE_REJECTED.label: "danger",
    State.TIMEOUT.label: "warning",
}


@admin.register(SupplierInvoice)
class SupplierInvoiceAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]  # untyped package
    list_display = ("number", "supplier", "kind", "amount", "issued_on", "form", "imported_at")
    list_filter = ("kind", "form", "currency", ("imported_at", admin.DateFieldListFilter))
    search_fields = ("number", "supplier", "product_id")
    ordering = ("-id",)
    show_full_result_count = False
    actions = None
    actions_detail = ("download",)
    actions_row = ("download",)
    fieldsets = (
        (None, {"fields": ("number", "supplier", "kind", "amount", "issued_on", "product_id", "quantity")}),
        ("Document", {"fields": ("form", "key", "sha256", "size", "imported_at", "document")}),
    )

    @display(description="total", ordering="total")  # type: ignore[untyped-decorator]
    def amount(self, invoice: SupplierInvoice) -> str:
        return price(money(invoice.total, invoice.currency), invoice.currency)

    @action(description="Download", url_path="download", permissions=["view"], icon="download")  # type: ignore[untyped-decorator]
    def download(self, request: HttpRequest, object_id: str) -> HttpResponse:
        invoice = get_object_or_404(SupplierInvoice, id=key_of(object_id))
        self.log_change(request, invoice, "Downloaded.")
        url, _ = bucket.signed_url(invoice.key)
        return HttpResponseRedirect(url)


@admin.register(IncomingDocument)
class IncomingDocumentAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]  # untyped package
    list_display = ("requested_at", "requested_by", "shown_state", "detail", "ended_at")
    list_filter = ("state", ("requested_at", admin.DateFieldListFilter))
    search_fields = ("=id", "requested_by__email")
    list_select_related = ("requested_by",)
    ordering = ("-id",)
    paginator = EstimatingPaginator
    show_full_result_count = False
    actions = None
    fields = (
        "id",
        "shown_state",
        "detail",
        "wrong",
        "requested_by",
        "requested_at",
        "deadline",
        "received_at",
        "ended_at",
    )

    @display(description="state", label=COLOURS)  # type: ignore[untyped-decorator]
    def shown_state(self, document: IncomingDocument) -> Any:
        return document.get_state_display()

    @display(description="what is wrong", empty_value="–")  # type: ignore[untyped-decorator]
    def wrong(self, document: IncomingDocument) -> SafeString | None:
        rows = ((error["field"] or "the document", error["message"]) for error in document.errors)
        return format_html_join("", "<p>{}: {}</p>", rows) or None
