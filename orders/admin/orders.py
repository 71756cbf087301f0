"""Orders as staff work on them: read as a whole, moved on by the same services as over HTTP, never edited by hand."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from catalog.admin.staff import ReadOnly
from orders.admin import sources  # noqa: F401  (importing registers what the timeline tells)
from orders.admin.edits import Edits
from orders.admin.order_list import OrderList
from orders.admin.page import OrderPage
from orders.admin.steps import Steps
from orders.models import Order


@admin.register(Order)
class OrderAdmin(ReadOnly, Steps, Edits, OrderList):
    actions_detail = (
        "confirm",
        "ship",
        "deliver",
        "refund",
        "write_note",
        "change_shipping",
        "change_billing",
        "revoke_link",
        "cancel",
        "hide",
    )
    fields = ()  # the page is a template of its own: orders/order/change_form.html

    class Media:
        css = {"all": ("orders/admin.css",)}

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Order | None = None, **kwargs: Any
    ) -> HttpResponse:
        """With the buttons beside the state, also on a phone, where unfold folds its own away."""
        if obj is not None:
            context |= {"page": OrderPage(obj), "moves": context.pop("actions_detail", [])}
        page: HttpResponse = super().render_change_form(request, context, *args, obj=obj, **kwargs)
        return page
