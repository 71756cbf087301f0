"""Where a variant's stock is set right, by the ledger alone. The variant itself is changed on its product's page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from api.problems import Problem
from catalog import stock
from catalog.admin.filters import BranchFilter, StockFilter
from catalog.admin.keys import key_of
from catalog.admin.lists import ListAdmin
from catalog.admin.shown import amount, link, list_url, opens_dialog, stock_mark
from catalog.admin.staff import email_of
from catalog.models import Variant


class StockForm(BaseDialogForm):  # type: ignore[misc]  # untyped package
    delta = forms.IntegerField(
        label="Units to add, or with a minus to take away",
        min_value=-stock.MAX_STOCK,
        max_value=stock.MAX_STOCK,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"autofocus": True}),
    )
    reason = forms.CharField(
        max_length=200,
        widget=UnfoldAdminTextInputWidget(attrs={"list": "stock-reasons", "autocomplete": "off"}),
        help_text="“received”, “correction”, or a few words of your own. They stand in the ledger.",
    )
    form_before_template = "admin/catalog/variant/stock_dialog.html"

    def get_before_template_context(self, request: HttpRequest, object_id: Any = None) -> dict[str, Any]:
        return {"variant": Variant.objects.select_related("product").filter(id=key_of(object_id)).first()}


@admin.register(Variant)
class VariantAdmin(ListAdmin):
    list_display = ("sku", "shown_product", "shown_price", "shown_stock", "low_stock", "adjust")
    list_filter = (StockFilter, BranchFilter, ("product__status", ChoicesDropdownFilter))
    list_filter_submit = True
    list_select_related = ("product",)
    search_fields = ("sku", "product__name")
    search_help_text = "SKU or the product's name"
    ordering = ("sku",)
    fields = ("sku", "shown_product", "shown_price", "shown_stock", "low_stock", "shown_attributes", "ledger")
    readonly_fields = fields
    actions_detail = ("adjust_stock",)

    @display(description="product", ordering="product__name")  # type: ignore[untyped-decorator]
    def shown_product(self, variant: Variant) -> SafeString:
        return link(reverse("admin:catalog_product_change", args=[variant.product_id]), variant.product.name)

    @display(description="price", ordering="price")  # type: ignore[untyped-decorator]
    def shown_price(self, variant: Variant) -> str:
        return amount(variant.price, variant.product.currency)

    @display(description="stock", ordering="stock")  # type: ignore[untyped-decorator]
    def shown_stock(self, variant: Variant) -> SafeString:
        return stock_mark([variant])

    @display(description="")  # type: ignore[untyped-decorator]
    def adjust(self, variant: Variant) -> SafeString:
        url = reverse("admin:catalog_variant_adjust_stock", args=[variant.pk])
        return opens_dialog(url, "Adjust", f"Adjust the stock of {variant.sku}")

    @display(description="attributes")  # type: ignore[untyped-decorator]
    def shown_attributes(self, variant: Variant) -> str:
        return ", ".join(f"{name}: {value}" for name, value in variant.attributes.items())

    @display(description="ledger")  # type: ignore[untyped-decorator]
    def ledger(self, variant: Variant) -> SafeString:
        url = list_url("catalog_stockmovement", variant__id__exact=variant.pk)
        return link(url, "every change of this stock")

    @action(  # type: ignore[untyped-decorator]
        description="Adjust stock",
        url_path="adjust-stock",
        icon="inventory_2",
        permissions=["change"],
        dialog={
            "title": "Adjust stock",
            "description": "The change and its reason go to the ledger, with your name.",
            "form_class": StockForm,
            "form_submit_text": "Adjust",
        },
    )
    def adjust_stock(self, request: HttpRequest, form: StockForm, object_id: str) -> HttpResponse:
        variant = self.get_object(request, object_id)
        if variant is None:
            raise Http404
        delta, reason = form.cleaned_data["delta"], form.cleaned_data["reason"]
        try:
            changed = stock.adjust(sku=variant.sku, delta=delta, reason=reason, by=email_of(request))
        except Problem as problem:
            form.add_error("delta", problem.detail)
            dialog = self.adjust_stock.dialog
            return render(
                request,
                "unfold/helpers/dialog.html",
                {"dialog": dialog, "form": form, "form_submit_text": dialog["form_submit_text"]},
            )
        self.log_change(request, variant, f"Stock {delta:+d}: {reason}")
        messages.success(request, f"There are {changed.stock} of {changed.sku} now.")
        own_page = reverse("admin:catalog_variant_change", args=[object_id])
        return HttpResponse(headers={"HX-Redirect": _came_from(request) or own_page})

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        nothing_to_save = {"show_save": False, "show_save_and_continue": False}
        page: HttpResponse = super().changeform_view(
            request, object_id, form_url, {**(extra_context or {}), **nothing_to_save}
        )
        return page

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Variant | None = None) -> bool:
        return False


def _came_from(request: HttpRequest) -> str:
    """The page over which the dialog was opened, if it is one of ours."""
    url = request.headers.get("HX-Current-URL", "")
    return url if url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure()) else ""
