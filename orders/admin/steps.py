"""The buttons that move an order on."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from unfold.decorators import action
from unfold.enums import ActionVariant

from orders.admin.dialogs import OrderDialog, ReasonDialog, RefundDialog, ShipDialog
from orders.admin.moves import Moves
from orders.cancelling.services import cancel_order, delete_order
from orders.fulfilment.services import confirm_order, deliver_order, ship_order
from orders.refunds.services import refund_order


class Steps(Moves):
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
        return self.move(request, form, "Confirmed.", confirm_order)

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
        return self.move(request, form, done, ship_order, carrier=carrier, tracking_number=number, items=form.items)

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
        return self.move(request, form, "Delivered.", deliver_order)

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
        done = f"Refunded {amount}{f' {form.order.currency}' if form.order else ''}."
        asked = None if whole else amount  # an order that cost nothing is refunded too
        return self.move(request, form, done, refund_order, reason=reason, amount=asked, restock=form.restock)

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
        return self.move(request, form, "Cancelled.", cancel_order, reason=form.cleaned_data["reason"])

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
        return self.move(request, form, "Deleted.", delete_order, reason=form.cleaned_data["reason"])
