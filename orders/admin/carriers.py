"""Who takes parcels, and where their buyers follow them."""

from __future__ import annotations

from django.contrib import admin
from unfold.admin import ModelAdmin

from orders.models import Carrier


@admin.register(Carrier)
class CarrierAdmin(ModelAdmin):  # type: ignore[misc]  # untyped package
    """A change of address holds for later parcels; those that are sent keep theirs."""

    list_display = ("name", "tracking_url")
    search_fields = ("name",)
