"""The list of orders: found, narrowed, confirmed and shipped in bulk."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import action
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from catalog.admin.lists import ListAdmin, StrictChangeList
from catalog.admin.shown import amount, moment
from orders.admin import bulk
from orders.admin.filters import DaysFilter, HiddenFilter, LateFilter
from orders.admin.page import COLOURS, is_partly_shipped
from orders.admin.paging import MOST, BoundedPaginator
from orders.admin.search import found_by
from orders.late import is_late
from orders.models import Order, OrderHistory

OTHERS = {"partly shipped": "primary", "late": "danger", "deleted": "danger"}
"""What the list tells in place of a status."""
CONFIRMED = Prefetch("history", OrderHistory.objects.filter(status=Order.Status.CONFIRMED), to_attr="confirmations")


class OrderChanges(StrictChangeList):
    result_list: QuerySet[Order]

    def get_results(self, request: HttpRequest) -> None:
        """The rest of what the columns show, for one page: two queries."""
        super().get_results(request)
        self.result_list = self.result_list.prefetch_related("lines", CONFIRMED)
        self.is_cut_off = self.result_count >= MOST


class OrderList(ListAdmin):
    """The half of an order's admin that is its list; `steps.py` and `edits.py` have the buttons of its page."""

    list_display = (
        "number",
        "shown_status",
        "buyer",
        "shown_items",
        "shown_total",
        "shown_payment",
        "shown_method",
        "age",
    )
    list_filter = (
        ("status", ChoicesDropdownFilter),
        LateFilter,
        ("created_at", DaysFilter),
        ("payment_method", ChoicesDropdownFilter),
        ("shipping_method", RelatedDropdownFilter),
        HiddenFilter,
    )
    list_filter_submit = True
    search_fields = ("number",)  # see get_search_results
    search_help_text = "Number or its end, e-mail, name, SKU, tracking number, amount"
    ordering = ("-created_at", "-id")
    sortable_by = ("shown_total", "age")  # what an index can give
    paginator = BoundedPaginator
    list_after_template = "admin/orders/order/cut_off.html"
    actions = ("confirm_chosen", "ship_chosen")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        rows: QuerySet[Order] = super().get_queryset(request)
        return rows.select_related("customer", "shipping_method")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[OrderChanges]:
        return OrderChanges

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        return (queryset.filter(pk__in=found_by(search_term)) if search_term.strip() else queryset), False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        of_a_product = lookup == "lines__variant__product__id__exact"  # as a product's page asks for its orders
        return of_a_product or bool(super().lookup_allowed(lookup, value, request))

    @display(description="status", label=COLOURS | OTHERS)  # type: ignore[untyped-decorator]
    def shown_status(self, order: Order) -> str:
        if order.hidden_at:
            return "deleted"
        if is_late(order, order.confirmations):  # type: ignore[attr-defined]
            return "late"
        return "partly shipped" if is_partly_shipped(order) else str(order.status)

    @display(description="buyer")  # type: ignore[untyped-decorator]
    def buyer(self, order: Order) -> SafeString:
        name = order.shipping_address.get("name", "")
        return format_html('{}<br><span class="order-quiet">{}</span>', name, order.email)

    @display(description="items")  # type: ignore[untyped-decorator]
    def shown_items(self, order: Order) -> int:
        return sum(line.quantity for line in order.lines.all())

    @display(description="total", ordering="total")  # type: ignore[untyped-decorator]
    def shown_total(self, order: Order) -> str:
        return amount(order.total, order.currency)

    @display(description="payment")  # type: ignore[untyped-decorator]
    def shown_payment(self, order: Order) -> str:
        return order.get_payment_method_display()

    @display(description="shipping")  # type: ignore[untyped-decorator]
    def shown_method(self, order: Order) -> str:
        return str(order.shipping_method)

    @display(description="age", ordering="created_at")  # type: ignore[untyped-decorator]
    def age(self, order: Order) -> SafeString:
        ago = timesince(order.created_at, depth=1)
        return format_html(
            '<time datetime="{}" title="{} UTC">{}</time>', order.created_at, moment(order.created_at), ago
        )

    @action(description="Confirm", permissions=["process"])
    def confirm_chosen(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        bulk.confirm(self, request, orders)

    @action(description="Ship", permissions=["process"])
    def ship_chosen(self, request: HttpRequest, orders: QuerySet[Order]) -> HttpResponse | None:
        return bulk.ship(self, request, orders)
