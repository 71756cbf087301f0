"""The catalog as staff work on it. Saving uses the same services as the API; stock changes by the ledger alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.forms.models import BaseInlineFormSet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from accounts.models import User
from api.problems import Problem
from catalog import stock
from catalog.models import Category, Product, StockMovement, Variant
from catalog.models.fields import canonical_sku
from catalog.money import money, rounded
from catalog.products import services


class StockForm(BaseDialogForm):  # type: ignore[misc]  # untyped package
    delta = forms.IntegerField(
        label="Units to add, or with a minus to take away",
        min_value=-stock.MAX_STOCK,
        max_value=stock.MAX_STOCK,
        widget=UnfoldAdminIntegerFieldWidget(),
    )
    reason = forms.CharField(
        max_length=200,
        widget=UnfoldAdminTextInputWidget(),
        help_text="“received”, “correction”, or a few words of your own. They stand in the ledger.",
    )


class VariantForm(forms.ModelForm):  # type: ignore[type-arg]  # not a generic class at run time
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["attributes"].widget.attrs["rows"] = 2
        if not self.instance._state.adding:
            # The column has three decimals for every currency.
            self.initial["price"] = rounded(self.instance.price, self.instance.product.currency)

    def clean_sku(self) -> str:
        return canonical_sku(self.cleaned_data["sku"])  # here, so that the form sees that `abc` and `ABC` are one


class VariantInline(TabularInline):  # type: ignore[misc]
    model = Variant
    form = VariantForm
    fields = ("sku", "price", "shown_stock", "attributes")
    readonly_fields = ("shown_stock",)
    extra = 0
    min_num = 1
    can_delete = False  # its ledger and its orders need it

    def get_queryset(self, request: HttpRequest) -> QuerySet[Variant]:
        rows: QuerySet[Variant] = super().get_queryset(request)
        return rows.select_related("product")

    @display(description="stock")  # type: ignore[untyped-decorator]
    def shown_stock(self, variant: Variant) -> str:
        if variant._state.adding:
            return "0 (add to it once the product is saved)"
        url = reverse("admin:catalog_variant_change", args=[variant.pk])
        return format_html('<a class="text-primary-600 underline" href="{}">{} · adjust</a>', url, variant.stock)


@admin.register(Product)
class ProductAdmin(ModelAdmin):  # type: ignore[misc]
    list_display = ("name", "code", "category", "shown_price", "shown_stock", "shown_status", "updated_at")
    list_filter = ("status", "category", "tax_rate", "currency")
    list_select_related = ("category",)
    search_fields = ("name", "code", "variants__sku")
    search_help_text = "Name, code or SKU"
    ordering = ("name", "id")
    autocomplete_fields = ("category",)
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields: Sequence[str] = ("shown_price", "version", "created_at", "updated_at")
    inlines = (VariantInline,)
    show_full_result_count = False
    fieldsets = (
        (None, {"fields": ("name", "slug", "code", "status", "category", "description")}),
        ("Price and tax", {"fields": ("currency", "tax_rate", "shown_price")}),
        ("More", {"fields": ("model", "product_url", "attributes", "version", "created_at", "updated_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        rows: QuerySet[Product] = super().get_queryset(request)
        return rows.annotate(units=Sum("variants__stock"))

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"currency": settings.SHOP_CURRENCY, **super().get_changeform_initial_data(request)}

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> Sequence[str]:
        # The prices of its variants are written in it.
        return self.readonly_fields if obj is None else (*self.readonly_fields, "currency")

    @display(description="price from", ordering="price")  # type: ignore[untyped-decorator]
    def shown_price(self, product: Product) -> str:
        return "" if product._state.adding else f"{money(product.price, product.currency)} {product.currency}"

    @display(description="stock", ordering="units")  # type: ignore[untyped-decorator]
    def shown_stock(self, product: Product) -> int:
        return getattr(product, "units", None) or 0

    @display(  # type: ignore[untyped-decorator]
        description="status", ordering="status", label={"active": "success", "draft": "info", "archived": "warning"}
    )
    def shown_status(self, product: Product) -> str:
        return str(product.status)

    def has_delete_permission(self, request: HttpRequest, obj: Product | None = None) -> bool:
        return False  # archived by its status, so that orders keep what they point to

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return cast(HttpResponse, super().changeform_view(request, *args, **kwargs))
        except Problem as problem:  # somebody took the code since the form was checked, or the whole is too large
            self.message_user(request, f"Nothing was saved. {problem.detail}", messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        """Waits for the variants: `save_related` hands both to the service."""

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Sequence[BaseInlineFormSet[Any, Any, Any]], change: bool
    ) -> None:
        variants = [variant for formset in formsets for variant in formset.save(commit=False)]
        services.save_product(product=form.instance, variants=variants, by=_email(request))


@admin.register(Variant)
class VariantAdmin(ModelAdmin):  # type: ignore[misc]
    """Where a variant's stock is set right. The variant itself is changed on its product's page."""

    list_display = ("sku", "product", "shown_price", "stock")
    list_filter = ("product__category", "product__status")
    list_select_related = ("product",)
    search_fields = ("sku", "product__name")
    ordering = ("sku",)
    fields = ("sku", "product", "shown_price", "stock", "attributes", "ledger")
    readonly_fields = fields
    actions_detail = ("adjust_stock",)
    actions_row = ("adjust_stock",)
    show_full_result_count = False

    @display(description="price", ordering="price")  # type: ignore[untyped-decorator]
    def shown_price(self, variant: Variant) -> str:
        return f"{money(variant.price, variant.product.currency)} {variant.product.currency}"

    @display(description="ledger")  # type: ignore[untyped-decorator]
    def ledger(self, variant: Variant) -> str:
        url = f"{reverse('admin:catalog_stockmovement_changelist')}?variant__id__exact={variant.pk}"
        return format_html('<a class="text-primary-600 underline" href="{}">every change of this stock</a>', url)

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
        try:
            changed = stock.adjust(
                sku=variant.sku,
                delta=form.cleaned_data["delta"],
                reason=form.cleaned_data["reason"],
                by=_email(request),
            )
        except Problem as problem:
            messages.error(request, problem.detail)
        else:
            self.log_change(request, variant, f"Stock {form.cleaned_data['delta']:+d}: {form.cleaned_data['reason']}")
            messages.success(request, f"There are {changed.stock} of {changed.sku} now.")
        return HttpResponse(headers={"HX-Redirect": reverse("admin:catalog_variant_change", args=[object_id])})

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


@admin.register(StockMovement)
class StockMovementAdmin(ModelAdmin):  # type: ignore[misc]
    """The ledger: read, never written by hand."""

    list_display = ("created_at", "variant", "delta", "balance", "reason", "note", "by", "order_id")
    list_filter = ("reason", ("variant", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("variant",)
    search_fields = ("variant__sku", "=order_id", "by", "note")
    list_display_links = None
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: StockMovement | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: StockMovement | None = None) -> bool:
        return False


@admin.register(Category)
class CategoryAdmin(ModelAdmin):  # type: ignore[misc]
    list_display = ("shown_path", "slug", "shown_products")
    list_select_related = ("parent",)
    search_fields = ("name", "slug")
    autocomplete_fields = ("parent",)
    prepopulated_fields = {"slug": ("name",)}
    ordering = (Coalesce("parent__name", "name"), F("parent").asc(nulls_first=True), "name")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        rows: QuerySet[Category] = super().get_queryset(request)
        return rows.annotate(size=Count("products"))

    @display(description="products", ordering="size")  # type: ignore[untyped-decorator]
    def shown_products(self, category: Category) -> int:
        return getattr(category, "size", 0)

    @display(description="category", ordering="name")  # type: ignore[untyped-decorator]
    def shown_path(self, category: Category) -> str:
        return f"{category.parent.name} › {category.name}" if category.parent else category.name


def _email(request: HttpRequest) -> str:
    return request.user.email if isinstance(request.user, User) else ""
