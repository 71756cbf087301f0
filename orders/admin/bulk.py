"""Many orders at once: each by its own service, in its own transaction. What is refused is told, the rest is done."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html, format_html_join
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.models import User
from api.problems import Problem
from orders.admin.dialogs import carriers
from orders.fulfilment.services import confirm_order, ship_order
from orders.models import Order

AT_ONCE = 100
"""Orders that one action takes: with more, the browser would wait too long."""
TOLD = 20
"""Refusals that a message lists, and numbers of what was done."""


def confirm(admin: ModelAdmin, request: HttpRequest, orders: QuerySet[Order]) -> None:
    if (chosen := _chosen(request, orders)) is None:
        return
    _each(admin, request, chosen, "confirmed", lambda order, by: confirm_order(order_id=order.pk, by=by))


class BulkShipment(forms.Form):
    """A carrier, and a tracking number for each order that has something left to ship. Without one it is left out."""

    carrier = forms.CharField(
        max_length=60, widget=UnfoldAdminTextInputWidget(attrs={"list": "carriers", "autocomplete": "off"})
    )

    def __init__(self, orders: Iterable[Order], data: Any = None) -> None:
        super().__init__(data)
        self.orders = list(orders)
        for order in self.orders:
            label = f"Tracking number of {order.number}"
            widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "aria-label": label})
            self.fields[self.field_of(order)] = forms.CharField(
                max_length=80, required=False, widget=widget, label=label
            )

    def rows(self) -> list[tuple[Order, int, forms.BoundField]]:
        return [
            (order, sum(line.left_to_ship for line in order.lines.all()), self[self.field_of(order)])
            for order in self.orders
        ]

    def clean(self) -> None:
        if not self.errors and not self.tracking_numbers():
            self.add_error(None, "Type in a tracking number, of one order at least.")

    def tracking_numbers(self) -> dict[UUID, str]:
        given = {order.pk: self.cleaned_data.get(self.field_of(order), "") for order in self.orders}
        return {order_id: number for order_id, number in given.items() if number}

    @staticmethod
    def field_of(order: Order) -> str:
        return f"tracking-{order.pk}"


def ship(admin: ModelAdmin, request: HttpRequest, orders: QuerySet[Order]) -> HttpResponse | None:
    """Asks for the carrier and the tracking numbers, and comes back with them to the same action."""
    if (chosen := _chosen(request, orders)) is None:
        return None
    given = {order.pk for order in chosen if request.POST.get(BulkShipment.field_of(order))}
    # One that was shipped meanwhile, and has a number, goes to the service all the same: its refusal is told.
    ready = [one for one in chosen if one.pk in given or (one.can_become(Order.Status.SHIPPED) and not one.hidden_at)]
    form = BulkShipment(ready, request.POST if "carrier" in request.POST else None)
    if ready and form.is_bound and form.is_valid():
        carrier, numbers = form.cleaned_data["carrier"], form.tracking_numbers()

        def send(order: Order, by: User) -> Order:
            return ship_order(order_id=order.pk, by=by, carrier=carrier, tracking_number=numbers[order.pk])

        _each(admin, request, [order for order in ready if order.pk in numbers], "shipped", send)
        return None
    context = {
        **admin.admin_site.each_context(request),
        "title": f"Ship {len(ready)} order{'' if len(ready) == 1 else 's'}",
        "opts": admin.opts,
        "media": admin.media,
        "form": form,
        "others": [order for order in chosen if order not in ready],
        "carriers": carriers(),
        "checkbox_name": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/orders/order/bulk_ship.html", context)


def _chosen(request: HttpRequest, orders: QuerySet[Order]) -> list[Order] | None:
    chosen = list(orders.prefetch_related("lines").order_by("created_at", "id")[: AT_ONCE + 1])
    if len(chosen) > AT_ONCE:
        messages.error(request, f"Choose at most {AT_ONCE} orders at a time.")
        return None
    return chosen


def _each(
    admin: ModelAdmin, request: HttpRequest, orders: list[Order], done: str, service: Callable[[Order, User], Order]
) -> None:
    moved, refused = [], []
    for order in orders:
        try:
            service(order, cast(User, request.user))
        except Problem as problem:
            refused.append((order.number, problem.detail))
        else:
            moved.append(order.number)
            admin.log_change(request, order, f"{done.capitalize()}.")
    if moved:
        messages.success(request, f"{len(moved)} {done}: {_listed(moved)}")
    if refused:
        lines = format_html_join("", "<br>{}: {}", refused[:TOLD])
        rest = f" The first {TOLD}:" if len(refused) > TOLD else ""
        messages.error(request, format_html("{} not {}.{}{}", len(refused), done, rest, lines))


def _listed(numbers: list[str]) -> str:
    return ", ".join(numbers[:TOLD]) + (f" and {len(numbers) - TOLD} more" if len(numbers) > TOLD else "")
