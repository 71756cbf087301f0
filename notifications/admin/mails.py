from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from api.problems import Invalid
from catalog.admin.keys import key_of
from catalog.admin.shown import link, moment
from catalog.admin.staff import ReadOnly, email_of
from notifications.admin import samples
from notifications.mail.resending import resend
from notifications.models import Mail
from orders.tracking import masked

DELIVERY = ("shown_status", "outcome", "outcome_at", "attempts", "created_at", "sent_at", "ses_id", "last_error")
COLOURS = {
    "queued": "warning",
    "sent": "info",
    "delivered": "success",
    "bounced": "danger",
    "complained": "danger",
    "failed": "danger",
    "suppressed": "danger",
}


class ResendDialog(BaseDialogForm):  # type: ignore[misc]  # untyped package
    to = forms.EmailField(max_length=254, widget=UnfoldAdminTextInputWidget(attrs={"type": "email"}))

    def __init__(self, request: Any, object_id: Any = None, **kwargs: Any) -> None:
        super().__init__(request, object_id, **kwargs)
        mail = Mail.objects.filter(id=key_of(object_id)).defer("text", "html").first()
        self.fields["to"].initial = mail.to if mail else ""


@admin.register(Mail)
class MailAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]  # untyped package
    """Every mail the shop has written, as it arrives but for the token by which a guest follows an order."""

    list_display = ("subject", "kind", "to", "shown_status", "attempts", "created_at", "sent_at")
    list_filter = ("status", "kind", "language", ("template_fault", admin.EmptyFieldListFilter))
    search_fields = ("to", "order_number", "subject", "ses_id")
    ordering = ("-id",)
    show_full_result_count = False
    actions = None
    actions_list = ("show_samples",)
    actions_detail = ("send_again",)
    fieldsets = (
        (
            None,
            {"fields": ("subject", "kind", "to", "to_name", "language", "order_link", "invoice_link", "resends_link")},
        ),
        ("Delivery", {"fields": DELIVERY}),
        ("Content", {"fields": ("template_fault", "preview", "plain_text")}),
        ("Origin", {"fields": ("event_type", "event_id", "id", "asked_by")}),
    )

    def get_urls(self) -> list[Any]:
        page = self.admin_site.admin_view(self.samples)
        return [path("samples/", page, name="notifications_mail_samples"), *super().get_urls()]

    def samples(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return samples.page(request, {**self.admin_site.each_context(request), "opts": self.opts})

    @action(description="Samples of all mails", icon="preview", permissions=["view"])  # type: ignore[untyped-decorator]
    def show_samples(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:notifications_mail_samples"))

    def has_resend_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("notifications.change_mail"))

    @action(  # type: ignore[untyped-decorator]
        description="Send again",
        icon="forward_to_inbox",
        url_path="send-again",
        permissions=["resend"],
        dialog={
            "title": "Send this mail again",
            "description": "As it is, with what is attached, as a mail of its own.",
            "form_class": ResendDialog,
            "form_submit_text": "Send",
        },
    )
    def send_again(self, request: HttpRequest, form: ResendDialog, object_id: str) -> HttpResponse:
        mail = self.get_object(request, object_id)
        if mail is None:
            raise Http404
        try:
            new = resend(mail_id=mail.id, to=form.cleaned_data["to"], by=email_of(request))
        except Invalid as problem:
            form.add_error("to", problem.errors[0]["message"] if problem.errors else problem.detail)
            return render(request, "unfold/helpers/dialog.html", {"dialog": {}, "form": form})
        self.log_change(request, mail, f"Sent again to {new.to}.")
        messages.success(request, f"It is sent again to {new.to}.")
        return HttpResponse(headers={"HX-Redirect": reverse("admin:notifications_mail_change", args=[new.id])})

    @display(description="sends again", empty_value="none")  # type: ignore[untyped-decorator]
    def resends_link(self, mail: Mail) -> SafeString | None:
        if mail.resends is None:
            return None
        address = reverse("admin:notifications_mail_change", args=[mail.resends.id])
        return link(address, f"the one of {moment(mail.resends.created_at)} to {mail.resends.to}")

    @display(description="status", label=COLOURS)  # type: ignore[untyped-decorator]
    def shown_status(self, mail: Mail) -> str:
        return mail.status

    @display(description="order", empty_value="none")  # type: ignore[untyped-decorator]
    def order_link(self, mail: Mail) -> SafeString | None:
        if mail.order_id is None:
            return None
        return link(reverse("admin:orders_order_change", args=[mail.order_id]), mail.order_number)

    @display(description="attached invoice", empty_value="none")  # type: ignore[untyped-decorator]
    def invoice_link(self, mail: Mail) -> SafeString | None:
        if mail.invoice is None:
            return None
        return link(reverse("admin:invoices_invoice_change", args=[mail.invoice.id]), mail.invoice.number)

    @display(description="HTML")  # type: ignore[untyped-decorator]
    def preview(self, mail: Mail) -> SafeString:
        """In a sandbox without scripts, forms or this site's cookies, whatever the mail may hold."""
        return format_html(
            '<iframe sandbox="" srcdoc="{}" title="The mail as HTML" loading="lazy" '
            'style="width:100%;height:44rem;border:1px solid rgb(128 128 128 / .3);border-radius:8px"></iframe>',
            masked(mail.html),
        )

    @display(description="text")  # type: ignore[untyped-decorator]
    def plain_text(self, mail: Mail) -> SafeString:
        return format_html('<pre style="white-space:pre-wrap;overflow-wrap:anywhere">{}</pre>', masked(mail.text))
