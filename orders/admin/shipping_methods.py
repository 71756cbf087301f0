"""The ways of shipping, and what they cost."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from orders.models import ShippingMethod


@admin.register(ShippingMethod)
class ShippingMethodAdmin(ModelAdmin):  # type: ignore[misc]
    """A change of price holds for later orders; those that are placed keep theirs."""

    list_display = ("name", "code", "price", "free_from", "tax_rate")
    search_fields = ("name", "code")

    def get_readonly_fields(self, request: HttpRequest, obj: ShippingMethod | None = None) -> tuple[str, ...]:
        return ("code",) if obj else ()  # orders name it
