"""A product's images: their rows on its page, and the way in for new ones, outside of the page's transaction."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.forms import PaginationInlineFormSet

from api.problems import BodyTooLarge, Problem
from catalog.admin.shown import picture
from catalog.admin.staff import email_of
from catalog.images import services
from catalog.images.pictures import MAX_BYTES
from catalog.models import Product, ProductImage


class ImageFormSet(PaginationInlineFormSet):  # type: ignore[misc]  # untyped package
    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        try:
            return super()._construct_form(i, **kwargs)
        except IndexError:
            raise BadRequest("The form has more rows than the product has images.") from None

    def clean(self) -> None:
        super().clean()
        if any("id" in form.errors for form in self.initial_forms):
            raise ValidationError("An image has been removed since this page was opened. Open it anew.")

    def wanted(self) -> list[tuple[UUID, str]]:
        """The images that stay, in the order that was asked for, each with its text."""
        staying = [form for form in self.initial_forms if form not in self.deleted_forms]
        staying.sort(key=lambda form: form.cleaned_data["position"])
        return [(form.instance.pk, form.cleaned_data["alt"]) for form in staying]


class ImageInline(TabularInline):  # type: ignore[misc]
    """Dragged into order, or numbered; the first is the one that lists show."""

    model = ProductImage
    formset = ImageFormSet
    fields = ("preview", "alt", "shown_size", "position")
    readonly_fields = ("preview", "shown_size")
    ordering_field = "position"
    extra = 0
    hide_title = True
    verbose_name_plural = "images"

    def has_add_permission(self, request: HttpRequest, obj: Product | None = None) -> bool:
        return False  # `add_images` below

    @display(description="image")  # type: ignore[untyped-decorator]
    def preview(self, image: ProductImage) -> SafeString:
        return picture(image, "catalog-preview")

    @display(description="size")  # type: ignore[untyped-decorator]
    def shown_size(self, image: ProductImage) -> str:
        return f"{image.width} × {image.height}, {max(1, round(image.size / 1024))} KiB"


def add_images(request: HttpRequest, product_id: UUID, model_admin: Any) -> HttpResponse:
    """Takes the files of one form, each on its own: what cannot be taken is told, and the others are."""
    if not model_admin.has_change_permission(request):
        raise PermissionDenied
    page = reverse("admin:catalog_product_change", args=[product_id])
    files = request.FILES.getlist("images") if request.method == "POST" else []
    if request.method == "POST" and not files:
        messages.error(request, "Choose one image or more.")
    alt = forms.CharField(max_length=200, required=False)
    try:
        text = alt.clean(request.POST.get("alt", ""))
    except ValidationError as error:
        messages.error(request, f"Alt text: {' '.join(error.messages)}")
        files = []
    added = 0
    for file in files[: services.MAX_IMAGES]:
        try:
            services.add_image(product_id=product_id, content=_content(file), alt=text, by=email_of(request))
        except Problem as problem:
            messages.error(request, f"{file.name}: {problem.detail}")
        else:
            added += 1
    if left_out := files[services.MAX_IMAGES :]:
        messages.error(request, f"At most {services.MAX_IMAGES} at once: {len(left_out)} were left out.")
    if added:
        model_admin.log_change(request, Product.objects.get(pk=product_id), f"Images added: {added}.")
        messages.success(request, f"{added} image{'s' if added > 1 else ''} added.")
    return HttpResponseRedirect(f"{page}#images-group")


def _content(file: Any) -> bytes:
    if (file.size or 0) > MAX_BYTES:
        raise BodyTooLarge
    return bytes(file.read())
