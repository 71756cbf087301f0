"""The list of products: found, narrowed, changed in place and in bulk."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import BooleanField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.expressions import RawSQL
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from api.problems import Problem
from catalog.admin.filters import BranchFilter, ImagesFilter, StockFilter
from catalog.admin.lists import ListAdmin
from catalog.admin.product_rows import ProductRow, ProductRows
from catalog.admin.shown import amount, moment, picture, stock_mark
from catalog.admin.staff import email_of
from catalog.imports import export
from catalog.models import Product, Variant
from catalog.products.bulk import set_status
from catalog.products.search import tsquery

AT_ONCE = 100
"""Products that an action changes in one transaction."""
MAX_CHOSEN = 1000
"""Products that one action takes: with more, the browser would wait too long."""
Status = Product.Status
STOCKS = Variant.objects.filter(product=OuterRef("pk")).order_by().values("product")
UNITS = Subquery(STOCKS.annotate(units=Sum("stock")).values("units"))


class ProductList(ListAdmin):
    """The half of a product's admin that is its list; `products.py` has the page."""

    list_display = ("shown_image", "name", "code", "category", "shown_price", "shown_stock", "status", "updated")
    list_display_links = ("name",)
    list_editable = ("status",)
    list_filter = (("status", ChoicesDropdownFilter), StockFilter, BranchFilter, ImagesFilter, "currency", "tax_rate")
    list_filter_submit = True
    list_max_show_all = 100  # each row has six fields, and a form at most a thousand
    list_fullwidth = True
    search_fields = ("search",)  # see get_search_results
    search_help_text = "Name, code, SKU, or any other word of it"
    ordering = ("name", "id")
    actions = ("activate", "set_draft", "archive")
    actions_list = ("import_products", "export_products")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        rows: QuerySet[Product] = super().get_queryset(request)
        return rows.select_related("category").prefetch_related("variants", "images")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Product], search_term: str
    ) -> tuple[QuerySet[Product], bool]:
        """As in the shop window: by the beginnings of words, SKUs among them, and past a misspelling."""
        if not search_term.strip():
            return queryset, False
        found = RawSQL("catalog_product.search @@ %s::tsquery", [tsquery(search_term)], output_field=BooleanField())
        return queryset.filter(found), False

    @display(description="")  # type: ignore[untyped-decorator]
    def shown_image(self, product: Product) -> SafeString:
        images = product.images.all()
        if not images:
            return format_html('<span class="catalog-thumb catalog-no-image" title="No image"></span>')
        return picture(images[0], "catalog-thumb")

    @display(description="price", ordering="price")  # type: ignore[untyped-decorator]
    def shown_price(self, product: Product) -> str:
        """Where a product has one variant, the list has a field here."""
        return f"from {amount(product.price, product.currency)}"

    @display(description="stock", ordering=UNITS)  # type: ignore[untyped-decorator]
    def shown_stock(self, product: Product) -> SafeString:
        return stock_mark(product.variants.all())

    @display(description="updated", ordering="updated_at")  # type: ignore[untyped-decorator]
    def updated(self, product: Product) -> str:
        return moment(product.updated_at)

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> type[ProductRow]:
        return ProductRow

    def get_changelist_formset(self, request: HttpRequest, **kwargs: Any) -> type[ProductRows]:
        rows: type[ProductRows] = super().get_changelist_formset(request, formset=ProductRows, **kwargs)
        rows.by = email_of(request)
        return rows

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response: HttpResponse = super().changelist_view(request, extra_context)
        if not isinstance(response, TemplateResponse) or response.context_data is None:
            return response
        for button in response.context_data.get("actions_list", ()):
            button["path"] += _narrowed(request)
        rows = response.context_data["cl"].formset
        if rows is None or not rows.is_bound:
            return response
        if any(form.instance._state.adding for form in rows.forms):
            self.message_user(
                request, "Nothing was saved: a product has been deleted since the list was opened.", messages.ERROR
            )
            return HttpResponseRedirect(request.get_full_path())
        # The refused rows are shown as they were sent: by now the list could begin with others.
        response.context_data["cl"].result_list = [form.instance for form in rows.forms]
        return response

    @action(description="Import", icon="upload_file", permissions=["change"])  # type: ignore[untyped-decorator]
    def import_products(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:catalog_import_add"))

    @action(  # type: ignore[untyped-decorator]
        description="Export",
        icon="download",
        permissions=["view"],
        attrs={"title": "All products, or those of the category and the status that the list is narrowed to, as CSV"},
    )
    def export_products(self, request: HttpRequest) -> StreamingHttpResponse:
        category, status = request.GET.get("category"), request.GET.get("status")
        return export.response(category=category, status=status if status in Status else None)

    @admin.action(description="Put on sale (active)", permissions=["change"])
    def activate(self, request: HttpRequest, products: QuerySet[Product]) -> None:
        self._set_status(request, products, Status.ACTIVE)

    @admin.action(description="Take back to draft", permissions=["change"])
    def set_draft(self, request: HttpRequest, products: QuerySet[Product]) -> None:
        self._set_status(request, products, Status.DRAFT)

    @admin.action(description="Archive", permissions=["change"])
    def archive(self, request: HttpRequest, products: QuerySet[Product]) -> None:
        self._set_status(request, products, Status.ARCHIVED)

    def _set_status(self, request: HttpRequest, products: QuerySet[Product], status: Status) -> None:
        others = products.exclude(status=status).prefetch_related(None).order_by("id").values_list("id", flat=True)
        ids = list(others[: MAX_CHOSEN + 1])
        if len(ids) > MAX_CHOSEN:
            self.message_user(request, f"Choose at most {MAX_CHOSEN} products at a time.", messages.ERROR)
            return
        done = 0
        for chunk in (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)):
            try:
                done += set_status(ids=chunk, status=status, by=email_of(request))
            except Problem as problem:
                self.message_user(request, f"Not all could be changed. {problem.detail}", messages.ERROR)
                break
            changed = Product.objects.filter(id__in=chunk)
            LogEntry.objects.log_actions(str(request.user.pk), changed, CHANGE, f"Status: {status}.")
        self.message_user(request, f"{done} products are {status} now.", messages.SUCCESS)


def _narrowed(request: HttpRequest) -> str:
    """What of the list's narrowing an export knows."""
    known = {"category": request.GET.get("category"), "status": request.GET.get("status__exact")}
    query = {name: value for name, value in known.items() if value and value != "none"}
    return f"?{urlencode(query)}" if query else ""
