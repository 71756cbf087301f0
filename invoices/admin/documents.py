from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from catalog.admin.staff import ReadOnly
from invoices.admin.months import Months
from invoices.admin.moves import Moves
from invoices.models import Invoice
from invoices.templatetags.for_people import address_lines, percent, price
from orders.models import Order


@admin.register(Invoice)
class InvoiceAdmin(ReadOnly, Moves, Months):
    """Issued documents, to be read: nobody can add, change or delete one here, nor anywhere else."""

    list_display = ("number", "kind", "order_number", "buyer_email", "total", "issued_at", "state")
    list_filter = ("kind", "year", "currency", "language", ("stored_at", admin.EmptyFieldListFilter))
    list_select_related = ("corrects",)
    search_fields = ("number", "order_number")
    ordering = ("-id",)
    show_full_result_count = False
    actions = None
    actions_list = ("months",)
    actions_detail = ("download", "mail_again", "void")
    actions_row = ("download",)
    fieldsets = (
        (None, {"fields": ("number", "kind", "corrects_link", "reason", "order_link", "issued_at", "ordered_at")}),
        ("Terms", {"fields": ("payment", "due_on", "language", "paper")}),
        ("Content", {"fields": ("seller_shown", "buyer_shown", "lines_shown", "taxes_shown", "total")}),
        ("Document", {"fields": ("state", "key", "sha256", "size", "stored_at")}),
    )

    @display(description="payment method")  # type: ignore[untyped-decorator]
    def payment(self, invoice: Invoice) -> str:
        return Order.PaymentMethod(invoice.payment_method).label

    @display(description="payable by", empty_value="–")  # type: ignore[untyped-decorator]
    def due_on(self, invoice: Invoice) -> str | None:
        return (invoice.terms or {}).get("due_on")

    @display(description="corrects", empty_value="–")  # type: ignore[untyped-decorator]
    def corrects_link(self, invoice: Invoice) -> SafeString | None:
        if invoice.corrects is None:
            return None
        address = reverse("admin:invoices_invoice_change", args=[invoice.corrects.id])
        return format_html('<a class="text-primary-600 underline" href="{}">{}</a>', address, invoice.corrects.number)

    @display(description="total")  # type: ignore[untyped-decorator]
    def total(self, invoice: Invoice) -> str:
        return price(invoice.totals["total"], invoice.currency)

    @display(description="buyer")  # type: ignore[untyped-decorator]
    def buyer_email(self, invoice: Invoice) -> str:
        return str(invoice.buyer["email"])

    @display(description="PDF", label={"stored": "success", "waiting": "warning"})  # type: ignore[untyped-decorator]
    def state(self, invoice: Invoice) -> str:
        return "stored" if invoice.is_stored else "waiting"

    @display(description="order")  # type: ignore[untyped-decorator]
    def order_link(self, invoice: Invoice) -> SafeString:
        address = reverse("admin:orders_order_change", args=[invoice.order_id])
        return format_html('<a class="text-primary-600 underline" href="{}">{}</a>', address, invoice.order_number)

    @display(description="seller")  # type: ignore[untyped-decorator]
    def seller_shown(self, invoice: Invoice) -> SafeString:
        return _rows([invoice.seller["name"], invoice.seller["address"], f"Tax number {invoice.seller['tax_id']}"])

    @display(description="buyer")  # type: ignore[untyped-decorator]
    def buyer_shown(self, invoice: Invoice) -> SafeString:
        return _rows([*address_lines(invoice.buyer["billing_address"]), invoice.buyer["email"]])

    @display(description="lines")  # type: ignore[untyped-decorator]
    def lines_shown(self, invoice: Invoice) -> SafeString:
        return _table(
            (
                "Item",
                "SKU",
                "Quantity",
                "Unit price" if invoice.prices_include_tax else "Unit price, net",
                "Tax",
                "Total",
            ),
            (
                (
                    line["name"],
                    line["sku"],
                    line["quantity"],
                    price(line["unit_price"], invoice.currency),
                    percent(line["tax_rate"]),
                    price(line["total"], invoice.currency),
                )
                for line in invoice.lines
            ),
        )

    @display(description="tax by rate")  # type: ignore[untyped-decorator]
    def taxes_shown(self, invoice: Invoice) -> SafeString:
        return _table(
            ("Rate", "Net", "Tax", "Gross"),
            (
                (percent(tax["rate"]), *(price(tax[part], invoice.currency) for part in ("net", "tax", "total")))
                for tax in invoice.totals["taxes"]
            ),
        )


def _rows(texts: list[str]) -> SafeString:
    return format_html_join(format_html("<br>"), "{}", ((text,) for text in texts))


def _table(head: tuple[str, ...], rows: Any) -> SafeString:
    cell = '<td class="py-1 pr-6">{}</td>'
    return format_html(
        '<table class="text-left"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>',
        format_html_join("", '<th class="py-1 pr-6 font-semibold">{}</th>', ((text,) for text in head)),
        format_html_join("", "<tr>{}</tr>", ((format_html_join("", cell, ((v,) for v in row)),) for row in rows)),
    )
