"""The ways of shipping, and what they cost."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import display

from catalog.admin.shown import amount
from orders.models import ShippingMethod


@admin.register(ShippingMethod)
class ShippingMethodAdmin(ModelAdmin):  # type: ignore[misc]
    """A change of price holds for later orders; those that are placed keep theirs."""

    list_display = ("name", "code", "shown_price", "shown_free_from", "tax_rate")
    search_fields = ("name", "code")

    def get_readonly_fields(self, request: HttpRequest, obj: ShippingMethod | None = None) -> tuple[str, ...]:
        return ("code",) if obj else ()  # orders name it

    @display(description="price", ordering="price")  # type: ignore[untyped-decorator]
    def shown_price(self, method: ShippingMethod) -> str:
        return amount(method.price, settings.SHOP_CURRENCY)

    @display(description="free from", ordering="free_from", empty_value="–")  # type: ignore[untyped-decorator]
    def shown_free_from(self, method: ShippingMethod) -> str | None:
        return None if method.free_from is None else amount(method.free_from, settings.SHOP_CURRENCY)
