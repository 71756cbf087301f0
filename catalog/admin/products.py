"""A product's page. Saving it is one call of the same service as the API's; so is what it refuses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from api.problems import Overtaken, Problem
from catalog.admin.attributes import AttributesField
from catalog.admin.changes import history_url
from catalog.admin.images import ImageFormSet, ImageInline, add_images
from catalog.admin.overtaken import SeenVersion, shows_version, unless_later_than
from catalog.admin.product_list import ProductList
from catalog.admin.product_surroundings import Surroundings
from catalog.admin.refusals import OF_VARIANTS, complaints, remember, remembered, tell
from catalog.admin.staff import email_of
from catalog.admin.variant_rows import VariantInline
from catalog.images import services as images
from catalog.models import Product
from catalog.products import services


class ProductForm(forms.ModelForm):  # type: ignore[type-arg]  # not a generic class at run time
    attributes = AttributesField()
    seen = SeenVersion()
    refused: Problem | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen"] = self.instance.version
        if "description" in self.fields:  # whoever may only look has no fields
            self.fields["description"].widget.attrs["rows"] = 5

    def clean(self) -> None:
        super().clean()
        for field, message in complaints(self.refused):
            if not field.startswith(OF_VARIANTS):  # those stand at their rows
                tell(self, field, message)
        if isinstance(self.refused, Overtaken):
            shows_version(self, self.instance.version)

    def clean_code(self) -> str:
        """Asked here, because Django would name the constraint, and not what is wrong."""
        code = str(self.cleaned_data["code"])
        if Product.objects.filter(code__iexact=code).exclude(pk=self.instance.pk).exists():
            raise ValidationError(f"There is a product {code} already.", "code_taken")
        return code


class CategorySelect(AutocompleteSelect):
    """Looks up what is chosen; what is no id of anything is not chosen (Django's own raises)."""

    def optgroups(self, name: str, value: Sequence[str], attr: dict[str, Any] | None = None) -> Any:
        try:
            return super().optgroups(name, value, attr)
        except ValidationError:
            return super().optgroups(name, [], attr)


@admin.register(Product)
class ProductAdmin(ProductList):
    form = ProductForm
    autocomplete_fields = ("category",)
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields: Sequence[str] = ("version", "created_at", "updated_at")
    inlines = (VariantInline, ImageInline)
    warn_unsaved_form = True
    change_form_outer_before_template = "admin/catalog/product/links.html"
    change_form_before_template = "admin/catalog/product/version.html"
    change_form_outer_after_template = "admin/catalog/product/surroundings.html"
    custom_urls = (("<uuid:product_id>/images/", "catalog_product_add_images", add_images),)
    fieldsets = (
        (
            None,
            {"fields": ("name", ("code", "status"), "category", "description", "attributes", ("tax_rate", "currency"))},
        ),
        (
            "Address, model and dates",
            {
                "fields": ("slug", "model", "product_url", "version", "created_at", "updated_at"),
                "classes": ("collapse",),
            },
        ),
    )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"currency": settings.SHOP_CURRENCY, **super().get_changeform_initial_data(request)}

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "category":
            kwargs["widget"] = CategorySelect(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> Sequence[str]:
        # The prices of its variants are written in it.
        return self.readonly_fields if obj is None else (*self.readonly_fields, "currency")

    def get_inlines(self, request: HttpRequest, obj: Product | None) -> Sequence[Any]:
        return self.inlines if obj else (VariantInline,)  # an image needs its product first

    def get_form(self, request: HttpRequest, obj: Product | None = None, **kwargs: Any) -> type[ProductForm]:
        form: type[ProductForm] = super().get_form(request, obj, **kwargs)
        form.refused = remembered(request)
        return form

    def has_delete_permission(self, request: HttpRequest, obj: Product | None = None) -> bool:
        return False  # archived by its status, so that orders keep what they point to

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = {
            **(extra_context or {}),
            "surroundings": Surroundings(object_id, request.user) if object_id else None,
        }
        try:
            return cast(HttpResponse, super().changeform_view(request, object_id, form_url, context))
        except Problem as problem:
            remember(request, problem)
            return cast(HttpResponse, super().changeform_view(request, object_id, form_url, context))

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        """Waits for variants and images: `save_related` hands all of them to the services."""

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Sequence[BaseInlineFormSet[Any, Any, Any]], change: bool
    ) -> None:
        if not formsets:
            return  # a row of the list, saved by its formset
        by = email_of(request)
        variants, *others = formsets
        written = variants.save(commit=False)
        product = services.save_product(
            product=form.instance,
            variants=written,
            gone=variants.deleted_objects,
            by=by,
            unless_overtaken=unless_later_than(form.cleaned_data["seen"]),
        )
        for pictures in others:
            pictures.save(commit=False)  # for the admin's own log
            if pictures.has_changed():
                images.arrange(product_id=product.pk, wanted=cast(ImageFormSet, pictures).wanted(), by=by)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(history_url(object_id))
