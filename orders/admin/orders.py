"""Orders as staff work on them: read, confirmed and cancelled by the same services as over HTTP, never edited."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.models import User
from api.problems import Problem
from catalog.money import money
from orders.cancelling.services import cancel_order
from orders.fulfilment.services import confirm_order
from orders.models import Order, OrderHistory, OrderLine

STATUS_COLOURS = {
    "pending": "warning",
    "confirmed": "info",
    "shipped": "primary",
    "delivered": "success",
    "cancelled": "danger",
    "refunded": "danger",
}


class CancelForm(BaseDialogForm):  # type: ignore[misc]  # untyped package
    reason = forms.CharField(
        required=False,
        max_length=500,
        widget=UnfoldAdminTextInputWidget(),
        help_text="The buyer reads it in the mail and in the order's history.",
    )


class ReadOnly:
    """For what the services alone write."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class LineInline(ReadOnly, TabularInline):  # type: ignore[misc]
    model = OrderLine
    fields = ("sku", "name", "quantity", "shown_unit_price", "tax_rate", "shown_tax", "shown_total")
    readonly_fields = fields
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderLine]:
        rows: QuerySet[OrderLine] = super().get_queryset(request)
        return rows.select_related("order")  # for its currency, which each amount needs

    @display(description="unit price")  # type: ignore[untyped-decorator]
    def shown_unit_price(self, line: OrderLine) -> str:
        return _amount(line.unit_price, line.order)

    @display(description="tax in it")  # type: ignore[untyped-decorator]
    def shown_tax(self, line: OrderLine) -> str:
        return _amount(line.tax, line.order)

    @display(description="total")  # type: ignore[untyped-decorator]
    def shown_total(self, line: OrderLine) -> str:
        return _amount(line.total, line.order)


class HistoryInline(ReadOnly, TabularInline):  # type: ignore[misc]
    model = OrderHistory
    fields = ("status", "at", "by", "reason")
    readonly_fields = fields
    hide_title = True


@admin.register(Order)
class OrderAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]
    list_display = ("number", "shown_status", "email", "shown_total", "payment_method", "created_at")
    list_filter = ("status", "payment_method", "shipping_method", "created_at")
    search_fields = ("number", "email", "tracking_number")
    search_help_text = "Number, e-mail address or tracking number"
    ordering = ("-created_at", "-id")
    show_full_result_count = False
    inlines = (LineInline, HistoryInline)
    actions_detail = ("confirm", "cancel")
    fieldsets = (
        (
            None,
            {"fields": (("number", "shown_status"), ("email", "customer"), ("payment_method", "created_at"), "note")},
        ),
        (
            "Totals",
            {"fields": (("shown_items", "shown_shipping", "shown_tax"), ("shown_total", "shown_refunded"))},
        ),
        ("Shipping", {"fields": (("shipping_method", "carrier", "tracking_number"), ("ship_to", "bill_to"))}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        rows: QuerySet[Order] = super().get_queryset(request)
        return rows.select_related("customer", "shipping_method")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        of_a_product = lookup == "lines__variant__product__id__exact"  # as a product's page asks for its orders
        return of_a_product or bool(super().lookup_allowed(lookup, value, request))

    @display(description="status", ordering="status", label=STATUS_COLOURS)  # type: ignore[untyped-decorator]
    def shown_status(self, order: Order) -> str:
        return str(order.status)

    @display(description="total", ordering="total")  # type: ignore[untyped-decorator]
    def shown_total(self, order: Order) -> str:
        return _amount(order.total, order)

    @display(description="items")  # type: ignore[untyped-decorator]
    def shown_items(self, order: Order) -> str:
        return _amount(order.items_total, order)

    @display(description="shipping")  # type: ignore[untyped-decorator]
    def shown_shipping(self, order: Order) -> str:
        return _amount(order.shipping_total, order)

    @display(description="tax in the total")  # type: ignore[untyped-decorator]
    def shown_tax(self, order: Order) -> str:
        return _amount(order.tax_total, order)

    @display(description="refunded")  # type: ignore[untyped-decorator]
    def shown_refunded(self, order: Order) -> str:
        return _amount(order.refunded_total, order)

    @display(description="ship to")  # type: ignore[untyped-decorator]
    def ship_to(self, order: Order) -> SafeString:
        return _address(order.shipping_address)

    @display(description="bill to", empty_value="the same")  # type: ignore[untyped-decorator]
    def bill_to(self, order: Order) -> SafeString | None:
        return _address(order.billing_address) if order.billing_address else None

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """Only the buttons that the order's status allows. A page that was left open gets the service's refusal."""
        order = self.get_object(request, str(object_id))
        offered: list[Any] = super().get_actions_detail(request, object_id)
        targets = {"confirm": Order.Status.CONFIRMED, "cancel": Order.Status.CANCELLED}
        return [
            button
            for button in offered
            if order is not None and order.can_become(targets[button.method.original_function_name])
        ]

    def has_process_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return bool(cast(User, request.user).has_perm("orders.change_order"))

    @action(  # type: ignore[untyped-decorator]
        description="Confirm",
        icon="check_circle",
        variant=ActionVariant.PRIMARY,
        permissions=["process"],
        dialog={
            "title": "Confirm this order",
            "description": "The invoice is issued and mailed to the buyer.",
            "form_submit_text": "Confirm",
        },
    )
    def confirm(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        return self._move(request, object_id, "Confirmed.", confirm_order)

    @action(  # type: ignore[untyped-decorator]
        description="Cancel",
        icon="cancel",
        variant=ActionVariant.DANGER,
        permissions=["process"],
        dialog={
            "title": "Cancel this order",
            "description": "Its stock is given back and the buyer gets a mail. This cannot be undone.",
            "form_class": CancelForm,
            "form_submit_text": "Cancel the order",
        },
    )
    def cancel(self, request: HttpRequest, form: CancelForm, object_id: str) -> HttpResponse:
        return self._move(request, object_id, "Cancelled.", cancel_order, reason=form.cleaned_data["reason"])

    def _move(self, request: HttpRequest, object_id: str, done: str, service: Any, **facts: str) -> HttpResponse:
        order = self.get_object(request, str(object_id))
        if order is None:
            messages.error(request, "There is no such order.")
            return HttpResponse(headers={"HX-Redirect": reverse("admin:orders_order_changelist")})
        try:
            service(order_id=order.pk, by=request.user, **facts)
        except Problem as problem:
            messages.error(request, problem.detail)
        else:
            self.log_change(request, order, done)
            messages.success(request, f"{order.number}: {done.lower()}")
        return HttpResponse(headers={"HX-Redirect": reverse("admin:orders_order_change", args=[order.pk])})


def _amount(amount: Decimal, order: Order) -> str:
    return f"{money(amount, order.currency)} {order.currency}"


def _address(address: dict[str, str]) -> SafeString:
    place = f"{address['postal_code']} {address['city']}"
    lines = [address["name"], address["line1"], address["line2"], place, address["region"], address["country"]]
    return format_html_join("", "{}<br>", ((line,) for line in lines if line))
