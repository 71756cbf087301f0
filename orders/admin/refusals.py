"""Orders that were not placed, and why: read, never written by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from catalog.admin.lists import ListAdmin, StrictChangeList
from catalog.admin.shown import link, moment
from catalog.admin.staff import ReadOnly
from catalog.models import Variant
from catalog.models.fields import canonical_sku
from events.admin import EstimatingPaginator
from events.models import Event
from orders.admin.filters import DaysFilter
from orders.models import Refusal

WORDS = {
    "out_of_stock": "Too few in stock",
    "product_not_found": "Not for sale",
    "price_changed": "Price had changed",
}
COLOURS = {"Too few in stock": "warning", "Not for sale": "danger", "Price had changed": "info"}
SHOWN = 5
"""Lines of an order that the list shows."""


class CodeFilter(DropdownFilter):  # type: ignore[misc]  # untyped package
    title = "reason"
    parameter_name = "code"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(WORDS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Refusal]) -> QuerySet[Refusal]:
        return queryset.filter(code=self.value()) if self.value() else queryset


class Refusals(StrictChangeList):
    def get_results(self, request: HttpRequest) -> None:
        """One query for the products of a page's SKUs."""
        super().get_results(request)
        products = products_of({sku for row in self.result_list for sku in row.skus[:SHOWN]})
        for row in self.result_list:
            row.products = products


@admin.register(Refusal)
class RefusalAdmin(ReadOnly, ListAdmin):
    list_display = ("shown_at", "shown_code", "first_items", "short_request_id")
    list_display_links = ("shown_at",)
    list_filter = (CodeFilter, ("at", DaysFilter))
    list_filter_submit = True
    search_fields = ("skus",)  # which makes the field appear; what is looked for is said below
    search_help_text = "A SKU or a request's id, in full"
    ordering = ("-at", "-event_id")
    paginator = EstimatingPaginator
    fields = (("shown_at", "shown_code"), "shown_items", "told", "shown_request_id", "shown_event")
    readonly_fields = ("shown_at", "shown_code", "shown_items", "told", "shown_request_id", "shown_event")

    class Media:
        css = {"all": ("orders/admin.css",)}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[StrictChangeList]:
        return Refusals

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Refusal], search_term: str
    ) -> tuple[QuerySet[Refusal], bool]:
        """By exact values alone, each of which has an index: a request's is that of the subject of its event."""
        term = search_term.strip()
        if not term or "\0" in term:
            return (queryset if not term else queryset.none()), False
        told = Event.objects.filter(subject=f"request/{term}").values_list("id", flat=True)
        return queryset.filter(Q(skus__contains=[canonical_sku(term)]) | Q(event_id__in=list(told))), False

    @display(description="at", ordering="at")  # type: ignore[untyped-decorator]
    def shown_at(self, refusal: Refusal) -> str:
        return moment(refusal.at)

    @display(description="reason", ordering="code", label=COLOURS)  # type: ignore[untyped-decorator]
    def shown_code(self, refusal: Refusal) -> str:
        return WORDS.get(refusal.code, refusal.code)

    @display(description="wanted and available")  # type: ignore[untyped-decorator]
    def first_items(self, refusal: Refusal) -> SafeString:
        return _items(refusal.items, refusal.products, SHOWN)  # type: ignore[attr-defined]

    @display(description="wanted and available")  # type: ignore[untyped-decorator]
    def shown_items(self, refusal: Refusal) -> SafeString:
        return _items(refusal.items, products_of(refusal.skus), len(refusal.items))

    @display(description="what the client was told")  # type: ignore[untyped-decorator]
    def told(self, refusal: Refusal) -> SafeString:
        return _wrapped(refusal.reason)

    @display(description="request", ordering="request_id")  # type: ignore[untyped-decorator]
    def short_request_id(self, refusal: Refusal) -> str:
        return Truncator(refusal.request_id).chars(36)  # a UUID is shown in full

    @display(description="request")  # type: ignore[untyped-decorator]
    def shown_request_id(self, refusal: Refusal) -> SafeString:
        return _wrapped(refusal.request_id)

    @display(description="event")  # type: ignore[untyped-decorator]
    def shown_event(self, refusal: Refusal) -> SafeString:
        return link(reverse("admin:events_event_change", args=[refusal.event_id]), "OrderRejected")


def products_of(skus: set[str] | list[str]) -> dict[str, UUID]:
    return dict(Variant.objects.filter(sku__in=skus).values_list("sku", "product_id"))


def _items(items: list[dict[str, Any]], products: Mapping[str, UUID], shown: int) -> SafeString:
    def named(sku: str) -> SafeString | str:
        if sku not in products:
            return sku
        return link(reverse("admin:catalog_product_change", args=[products[sku]]), sku)

    rows = (
        (item["quantity"], named(item["sku"]), f", {item['available']} available" if "available" in item else "")
        for item in items[:shown]
    )
    more = len(items) - shown
    rest = format_html("<div>and {} more</div>", more) if more > 0 else ""
    return _wrapped(format_html("{}{}", format_html_join("", "<div>{} × {}{}</div>", rows), rest))


def _wrapped(text: object) -> SafeString:
    """What strangers wrote may be one long word."""
    return format_html('<div class="catalog-change">{}</div>', text)
