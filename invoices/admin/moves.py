"""What staff do with an issued document: download it, mail it once more, take it back by a credit note."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.models import User
from api.problems import Problem
from catalog.admin.keys import key_of
from invoices.issuing.services import void
from invoices.keeping.services import hand_out, send_again
from invoices.models import HandOut, Invoice


class VoidDialog(BaseDialogForm):  # type: ignore[misc]  # untyped package
    reason = forms.CharField(
        max_length=500, widget=UnfoldAdminTextInputWidget(), help_text="The buyer reads it on the credit note."
    )


class Moves(ModelAdmin):  # type: ignore[misc]  # untyped package
    # Asked for by name: of a permission itself, unfold's check would ask the database, before there is one.
    def has_process_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return bool(cast(User, request.user).has_perm("invoices.change_invoice"))

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """Only an invoice that has something left can be taken back; the service decides, and may still refuse."""
        allowed: list[Any] = super().get_actions_detail(request, object_id)
        is_invoice = Invoice.objects.filter(id=key_of(object_id), kind=Invoice.Kind.INVOICE).exists()
        return [button for button in allowed if is_invoice or button.method.original_function_name != "void"]

    @action(description="Download PDF", url_path="download", permissions=["view"], icon="download")  # type: ignore[untyped-decorator]
    def download(self, request: HttpRequest, object_id: str) -> HttpResponse:
        invoice = get_object_or_404(Invoice, id=key_of(object_id))
        try:
            url, _ = hand_out(invoice, by=cast(User, request.user), way=HandOut.Way.ADMIN)
        except Problem:
            messages.warning(request, f"The PDF of {invoice.number} is not stored yet.")
            return HttpResponseRedirect(_page(invoice))
        return HttpResponseRedirect(url)

    @action(  # type: ignore[untyped-decorator]
        description="Mail it again",
        icon="forward_to_inbox",
        permissions=["process"],
        dialog={
            "title": "Mail this document again",
            "description": "Its buyer gets it once more, at the order's address.",
            "form_class": BaseDialogForm,
            "form_submit_text": "Mail it again",
        },
    )
    def mail_again(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        invoice = get_object_or_404(Invoice, id=key_of(object_id))
        try:
            send_again(invoice_id=invoice.id)
        except Problem as problem:
            messages.error(request, problem.detail)
        else:
            self.log_change(request, invoice, "Mailed again.")
            messages.success(request, f"{invoice.number} is on its way.")
        return HttpResponse(headers={"HX-Redirect": _page(invoice)})

    @action(  # type: ignore[untyped-decorator]
        description="Void",
        icon="block",
        variant=ActionVariant.DANGER,
        permissions=["process"],
        dialog={
            "title": "Void this invoice",
            "description": "A credit note takes back all that is left of it. The order goes its way, and refunds that "
            "come later have no credit note of their own. This cannot be undone.",
            "form_class": VoidDialog,
            "form_submit_text": "Void the invoice",
        },
    )
    def void(self, request: HttpRequest, form: VoidDialog, object_id: str) -> HttpResponse:
        invoice = get_object_or_404(Invoice, id=key_of(object_id), kind=Invoice.Kind.INVOICE)
        try:
            note = void(order_id=invoice.order_id, reason=form.cleaned_data["reason"])
        except Problem as problem:
            messages.error(request, problem.detail)
            return HttpResponse(headers={"HX-Redirect": _page(invoice)})
        self.log_change(request, invoice, f"Voided by {note.number}.")
        messages.success(request, f"{invoice.number} is voided by {note.number}.")
        return HttpResponse(headers={"HX-Redirect": _page(note)})


def _page(invoice: Invoice) -> str:
    return reverse("admin:invoices_invoice_change", args=[invoice.id])
