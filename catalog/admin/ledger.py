"""The stock ledger: read, never written by hand."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts.rights import Right, may
from catalog.admin.lists import ListAdmin
from catalog.admin.shown import link, moment
from catalog.admin.staff import ReadOnly
from catalog.models import StockMovement

COLOURS = {"order": "info", "cancel": "warning", "received": "success", "correction": "danger"}


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnly, ListAdmin):
    list_display = ("at", "variant", "shown_delta", "balance", "shown_reason", "note", "by", "order")
    list_filter = ("reason", "created_at")
    list_select_related = ("variant",)
    search_fields = ("variant__sku", "=order_id", "by", "note")
    search_help_text = "SKU, person, note, or an order's id"
    list_display_links = None

    # Of an order's rows, who and which order is for those who may read orders.

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        if may(request.user, Right.READ_ORDERS):
            return self.list_display
        return tuple("by_staff" if column == "by" else column for column in self.list_display if column != "order")

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return self.search_fields if may(request.user, Right.READ_ORDERS) else ("variant__sku", "note")

    def get_fields(self, request: HttpRequest, obj: StockMovement | None = None) -> list[str]:
        shown: list[str] = list(super().get_fields(request, obj))
        hidden = () if may(request.user, Right.READ_ORDERS) else ("by", "order_id")
        return [field for field in shown if field not in hidden]

    def lookup_allowed(self, lookup: str, value: str, request: object = None) -> bool:
        return lookup == "variant__product__id__exact" or super().lookup_allowed(lookup, value, request)

    @display(description="at", ordering="created_at")  # type: ignore[untyped-decorator]
    def at(self, movement: StockMovement) -> str:
        return moment(movement.created_at)

    @display(description="change", ordering="delta")  # type: ignore[untyped-decorator]
    def shown_delta(self, movement: StockMovement) -> str:
        return f"{movement.delta:+d}"

    @display(description="reason", ordering="reason", label=COLOURS)  # type: ignore[untyped-decorator]
    def shown_reason(self, movement: StockMovement) -> str:
        return movement.reason

    @display(description="by")  # type: ignore[untyped-decorator]
    def by_staff(self, movement: StockMovement) -> str:
        return movement.by if movement.order_id is None else ""

    @display(description="order")  # type: ignore[untyped-decorator]
    def order(self, movement: StockMovement) -> SafeString | None:
        if movement.order_id is None:
            return None
        return link(reverse("admin:orders_order_change", args=[movement.order_id]), "order")
