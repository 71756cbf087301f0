"""The tax rates by country: a start from the EU's, which staff keep up to date."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display

from catalog.admin.lists import ListAdmin
from orders.models import TaxRate


class CountryFilter(DropdownFilter):  # type: ignore[misc]  # untyped package
    title = "country"
    parameter_name = "in"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        countries = TaxRate.objects.order_by("country").values_list("country", flat=True).distinct()
        return [(country, country) for country in countries]

    def queryset(self, request: HttpRequest, queryset: QuerySet[TaxRate]) -> QuerySet[TaxRate]:
        return queryset.filter(country=self.value()) if self.value() else queryset


@admin.register(TaxRate)
class TaxRateAdmin(ListAdmin):
    """A change holds for later orders; those that are placed keep theirs."""

    list_display = ("country", "kind", "shown_rate")
    list_display_links = ("country", "kind")
    list_filter = (CountryFilter, ("kind", ChoicesDropdownFilter))
    list_filter_submit = True
    list_per_page = 100
    search_fields = ("country",)
    search_help_text = "Country, such as DE"

    @display(description="rate", ordering="rate")  # type: ignore[untyped-decorator]
    def shown_rate(self, rate: TaxRate) -> str:
        return f"{rate.rate.normalize():f} %"
