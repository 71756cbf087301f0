from __future__ import annotations

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import display

from catalog.admin.shown import link
from catalog.admin.staff import ReadOnly
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


@admin.register(Mail)
class MailAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]  # untyped package
    """Every mail the shop has written, as it arrives but for the token by which a guest follows an order."""

    list_display = ("subject", "kind", "to", "shown_status", "attempts", "created_at", "sent_at")
    list_filter = ("status", "kind", "language", ("template_fault", admin.EmptyFieldListFilter))
    search_fields = ("to", "order_number", "subject", "ses_id")
    ordering = ("-id",)
    show_full_result_count = False
    actions = None
    fieldsets = (
        (None, {"fields": ("subject", "kind", "to", "to_name", "language", "order_link", "invoice_link")}),
        ("Delivery", {"fields": DELIVERY}),
        ("Content", {"fields": ("template_fault", "preview", "plain_text")}),
        ("Origin", {"fields": ("event_type", "event_id", "id")}),
    )

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
