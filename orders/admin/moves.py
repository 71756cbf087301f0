"""What staff do with an order: each button asks in a dialog, then calls the same service as the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.enums import ActionVariant

from accounts.models import User
from api.problems import Overtaken, Problem
from orders.admin.dialogs import (
    AddressDialog,
    BillingAddressDialog,
    NoteDialog,
    OrderDialog,
    ReasonDialog,
    RefundDialog,
    ShipDialog,
    order_of,
)
from orders.cancelling.services import cancel_order, delete_order
from orders.editing.services import add_note, change_addresses, revoke_tracking
from orders.fulfilment.services import confirm_order, deliver_order, ship_order
from orders.models import Order
from orders.refunds.services import refund_order
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

    @action(  # type: ignore[untyped-decorator]
        description="Confirm",
        icon="check_circle",
        variant=ActionVariant.PRIMARY,
        permissions=["process"],
        dialog={
            "title": "Confirm this order",
            "description": "The invoice is issued and mailed to the buyer.",
            "form_class": OrderDialog,
            "form_submit_text": "Confirm",
        },
    )
    def confirm(self, request: HttpRequest, form: OrderDialog, object_id: str) -> HttpResponse:
        return self._move(request, form, "Confirmed.", confirm_order)

    @action(  # type: ignore[untyped-decorator]
        description="Ship",
        icon="local_shipping",
        variant=ActionVariant.PRIMARY,
        permissions=["process"],
        dialog={
            "title": "Ship a parcel",
            "description": "With all that is left, or a part: then the order stays confirmed until the rest is sent.",
            "form_class": ShipDialog,
            "form_submit_text": "Ship",
        },
    )
    def ship(self, request: HttpRequest, form: ShipDialog, object_id: str) -> HttpResponse:
        carrier, number = form.cleaned_data["carrier"], form.cleaned_data["tracking_number"]
        done = f"Sent by {carrier}, {number}."
        return self._move(request, form, done, ship_order, carrier=carrier, tracking_number=number, items=form.items)

    @action(  # type: ignore[untyped-decorator]
        description="Delivered",
        icon="task_alt",
        variant=ActionVariant.PRIMARY,
        permissions=["process"],
        dialog={
            "title": "This order has arrived",
            "description": "All of its parcels are with the buyer.",
            "form_class": OrderDialog,
            "form_submit_text": "Delivered",
        },
    )
    def deliver(self, request: HttpRequest, form: OrderDialog, object_id: str) -> HttpResponse:
        return self._move(request, form, "Delivered.", deliver_order)

    @action(  # type: ignore[untyped-decorator]
        description="Refund",
        icon="currency_exchange",
        permissions=["process"],
        dialog={
            "title": "Refund",
            "description": "All that is left, or a part of it. A credit note follows. This cannot be undone.",
            "form_class": RefundDialog,
            "form_submit_text": "Refund",
        },
    )
    def refund(self, request: HttpRequest, form: RefundDialog, object_id: str) -> HttpResponse:
        amount, reason = form.cleaned_data["amount"], form.cleaned_data["reason"]
        whole = form.order is not None and amount == form.order.left_to_refund
        done = f"Refunded {amount}."
        asked = None if whole else amount  # an order that cost nothing is refunded too
        return self._move(request, form, done, refund_order, reason=reason, amount=asked, restock=form.restock)

    @action(  # type: ignore[untyped-decorator]
        description="Add a note",
        icon="edit_note",
        permissions=["process"],
        url_path="note",
        dialog={"title": "Add a note", "form_class": NoteDialog, "form_submit_text": "Add"},
    )
    def write_note(self, request: HttpRequest, form: NoteDialog, object_id: str) -> HttpResponse:
        facts = {name: form.cleaned_data[name] for name in ("text", "for_buyer")}
        form.cleaned_data["seen"] = None  # a note is right whatever has changed
        return self._move(request, form, "Noted.", add_note, **facts)

    @action(  # type: ignore[untyped-decorator]
        description="Shipping address",
        icon="home_pin",
        permissions=["process"],
        url_path="shipping-address",
        dialog={
            "title": "Change the shipping address",
            "description": "Within the same country: the tax was computed for it.",
            "form_class": AddressDialog,
            "form_submit_text": "Change",
        },
    )
    def change_shipping(self, request: HttpRequest, form: AddressDialog, object_id: str) -> HttpResponse:
        return self._move(request, form, "Shipping address changed.", change_addresses, shipping=form.address)

    @action(  # type: ignore[untyped-decorator]
        description="Billing address",
        icon="contact_mail",
        permissions=["process"],
        url_path="billing-address",
        dialog={
            "title": "Change the billing address",
            "description": "It stands on the invoice, which is issued when the order is confirmed.",
            "form_class": BillingAddressDialog,
            "form_submit_text": "Change",
        },
    )
    def change_billing(self, request: HttpRequest, form: BillingAddressDialog, object_id: str) -> HttpResponse:
        return self._move(request, form, "Billing address changed.", change_addresses, billing=form.address or None)

    @action(  # type: ignore[untyped-decorator]
        description="Revoke link",
        icon="link_off",
        permissions=["process"],
        url_path="revoke-link",
        dialog={
            "title": "Revoke the tracking link",
            "description": "The link that this guest was given stops working at once. There is no new one.",
            "form_class": OrderDialog,
            "form_submit_text": "Revoke",
        },
    )
    def revoke_link(self, request: HttpRequest, form: OrderDialog, object_id: str) -> HttpResponse:
        form.cleaned_data["seen"] = None
        return self._move(request, form, "Tracking link revoked.", revoke_tracking)

    @action(  # type: ignore[untyped-decorator]
        description="Cancel",
        icon="cancel",
        variant=ActionVariant.DANGER,
        permissions=["process"],
        dialog={
            "title": "Cancel this order",
            "description": "Its stock is given back and the buyer gets a mail. This cannot be undone.",
            "form_class": ReasonDialog,
            "form_submit_text": "Cancel the order",
        },
    )
    def cancel(self, request: HttpRequest, form: ReasonDialog, object_id: str) -> HttpResponse:
        return self._move(request, form, "Cancelled.", cancel_order, reason=form.cleaned_data["reason"])

    @action(  # type: ignore[untyped-decorator]
        description="Delete",
        icon="delete",
        variant=ActionVariant.DANGER,
        permissions=["hide"],
        dialog={
            "title": "Delete this order",
            "description": "It is cancelled, if it is not yet, and nobody sees it any more but here, among the deleted "
            "ones. This cannot be undone.",
            "form_class": ReasonDialog,
            "form_submit_text": "Delete the order",
        },
    )
    def hide(self, request: HttpRequest, form: ReasonDialog, object_id: str) -> HttpResponse:
        return self._move(request, form, "Deleted.", delete_order, reason=form.cleaned_data["reason"])

    def _move(
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
