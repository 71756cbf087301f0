"""The rows of a product's variants on its page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import BadRequest, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.forms import PaginationInlineFormSet

from api.problems import Problem
from catalog.admin.attributes import AttributesField
from catalog.admin.refusals import OF_VARIANTS, complaints, remembered, tell
from catalog.admin.shown import opens_dialog, stock_mark
from catalog.models import Product, Variant
from catalog.models.fields import canonical_sku
from catalog.money import rounded


class VariantForm(forms.ModelForm):  # type: ignore[type-arg]  # not a generic class at run time
    attributes = AttributesField(rows=2, help_text="")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            # The column has three decimals for every currency.
            self.initial["price"] = rounded(self.instance.price, self.instance.product.currency)

    def clean_sku(self) -> str:
        return canonical_sku(self.cleaned_data["sku"])  # here, so that the form sees that `abc` and `ABC` are one


class VariantFormSet(PaginationInlineFormSet):  # type: ignore[misc]  # untyped package
    refused: Problem | None = None

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        try:
            return super()._construct_form(i, **kwargs)
        except IndexError:
            raise BadRequest("The form has more rows than the product has variants.") from None

    def clean(self) -> None:
        super().clean()
        if any("id" in form.errors for form in self.initial_forms):
            raise ValidationError("A variant has been removed since this page was opened. Open it anew.")
        rows = self._rows()
        for field, message in complaints(self.refused):
            if field.startswith(OF_VARIANTS) and rows:
                number, _, rest = field.removeprefix("variants.").partition(".")
                tell(rows[min(int(number), len(rows) - 1) if number.isdigit() else 0], rest or field, message)

    def _rows(self) -> list[Any]:
        """In the service's order: the variants that stay, then the new ones."""
        rows = [*self.initial_forms, *(form for form in self.extra_forms if form.has_changed())]
        return [form for form in rows if form not in self.deleted_forms]


class VariantInline(TabularInline):  # type: ignore[misc]
    """New, changed and removed variants. Those that were ordered stay, by the service."""

    model = Variant
    form = VariantForm
    formset = VariantFormSet
    fields = ("sku", "price", "shown_stock", "low_stock", "attributes")
    readonly_fields = ("shown_stock",)
    extra = 0
    min_num = 1
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Variant]:
        rows: QuerySet[Variant] = super().get_queryset(request)
        return rows.select_related("product")

    def get_formset(self, request: HttpRequest, obj: Product | None = None, **kwargs: Any) -> type[VariantFormSet]:
        formset: type[VariantFormSet] = super().get_formset(request, obj, **kwargs)
        formset.refused = remembered(request)
        return formset

    @display(description="stock")  # type: ignore[untyped-decorator]
    def shown_stock(self, variant: Variant) -> SafeString | str:
        if variant._state.adding:
            return "0 (add to it once the product is saved)"
        url = reverse("admin:catalog_variant_adjust_stock", args=[variant.pk])
        return format_html(
            "{} {}", stock_mark([variant]), opens_dialog(url, "adjust", f"Adjust the stock of {variant.sku}")
        )
