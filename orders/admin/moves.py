"""What staff can do with an order at the moment, and how a dialog does it: by the same service as the API.

`steps.py` has the buttons that move an order on, `edits.py` those that change something about it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from unfold.admin import ModelAdmin

from accounts.models import User
from api.problems import Overtaken, Problem
from orders.admin.dialogs import OrderDialog, order_of
from orders.models import Order
from orders.transitions import Check

Status = Order.Status


def offers(order: Order) -> dict[str, bool]:
    """Move → whether the order's state allows it. The services decide: they may still refuse."""
    if order.hidden_at:
        return {}
    begun = any(line.shipped for line in order.lines.all())
    cancellable = order.can_become(Status.CANCELLED) and not begun
    return {
        "confirm": order.can_become(Status.CONFIRMED),
        "ship": order.can_become(Status.SHIPPED) and any(line.left_to_ship for line in order.lines.all()),
        "deliver": order.can_become(Status.DELIVERED),
        "refund": order.can_become(Status.REFUNDED),
        "cancel": cancellable,
        "write_note": True,
        "change_shipping": order.status in (Status.PENDING, Status.CONFIRMED) and not begun,
        "change_billing": order.status == Status.PENDING,  # then it is on the invoice
        "revoke_link": order.customer_id is None,
        "hide": cancellable or order.status == Status.CANCELLED,
    }


class Moves(ModelAdmin):  # type: ignore[misc]  # untyped package
    # Asked for by name: of a permission itself, unfold's check would ask the database, before there is one.
    def has_process_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return bool(cast(User, request.user).has_perm("orders.change_order"))

    def has_hide_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return bool(cast(User, request.user).has_perm("orders.delete_order"))

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """Only the buttons that the person's rights and the order's state allow."""
        order = order_of(object_id)
        allowed: list[Any] = super().get_actions_detail(request, object_id)
        offered = offers(order) if order else {}
        return [button for button in allowed if offered.get(button.method.original_function_name)]

    def move(
        self, request: HttpRequest, form: OrderDialog, done: str, service: Callable[..., Order], **facts: Any
    ) -> HttpResponse:
        if form.order is None:
            messages.error(request, "There is no such order.")
            return HttpResponse(headers={"HX-Redirect": reverse("admin:orders_order_changelist")})
        by, check = cast(User, request.user), _unless_changed(form.cleaned_data["seen"])
        try:
            service(order_id=form.order.pk, by=by, check=check, **facts)
        except Problem as problem:
            if problem.errors and any(not field.is_hidden for field in form):
                form.tell(problem)
                return _asked_again(request, form)
            messages.error(request, problem.detail)
        else:
            self.log_change(request, form.order, done)
            messages.success(request, f"{form.order.number}: {done[0].lower()}{done[1:]}")
        return HttpResponse(headers={"HX-Redirect": reverse("admin:orders_order_change", args=[form.order.pk])})


def _unless_changed(seen: int | None) -> Check | None:
    """Refuses where the order has changed since the dialog was filled in: two people must not refund the same part."""

    def check(order: Order) -> None:
        if order.version != seen:
            raise Overtaken("Nothing was done: the order has been changed since you opened the dialog. Look again.")

    return check if seen is not None else None


def _asked_again(request: HttpRequest, form: OrderDialog) -> HttpResponse:
    """The dialog with what was typed in and what is wrong with it; the page takes its fields alone."""
    return render(request, "unfold/helpers/dialog.html", {"dialog": {}, "form": form})
