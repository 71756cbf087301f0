"""How the lists of products and variants are narrowed.

All of these are fields of one form: a link of its own would lose what was chosen in the others (`list_filter_submit`).
"""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter

from catalog.admin.tree import indented
from catalog.models import Product, ProductImage, Variant
from catalog.products.queries import branch_of

Lookups = list[tuple[str, str]]
LOW = Q(low_stock__isnull=False, stock__lte=F("low_stock"))


class BranchFilter(DropdownFilter):  # type: ignore[misc]  # untyped package
    """A category with all that lie below it."""

    title = parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        return [("none", "Without a category"), *((str(id), name) for id, name in indented())]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        field = "category" if queryset.model is Product else "product__category"
        if self.value() == "none":
            return queryset.filter(**{f"{field}__isnull": True})
        return queryset.filter(**{f"{field}__in": branch_of(self.value())})


class StockFilter(DropdownFilter):  # type: ignore[misc]
    title = parameter_name = "stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        return [("in", "In stock"), ("out", "Sold out"), ("low", "Low")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if queryset.model is Variant:
            conditions = {"in": Q(stock__gt=0), "out": Q(stock=0), "low": LOW}
        else:
            low = Q(Exists(Variant.objects.filter(LOW, product=OuterRef("pk"))))
            conditions = {"in": Q(in_stock=True), "out": Q(in_stock=False), "low": low}
        return queryset.filter(conditions.get(self.value() or "", Q()))


class ImagesFilter(DropdownFilter):  # type: ignore[misc]
    title = parameter_name = "images"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        return [("yes", "With images"), ("no", "Without images")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        if self.value() not in ("yes", "no"):
            return queryset
        has = Exists(ProductImage.objects.filter(product=OuterRef("pk")))
        return queryset.filter(has if self.value() == "yes" else ~has)
