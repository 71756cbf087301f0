"""The buttons that change something about an order, and leave it where it is."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from unfold.decorators import action

from orders.admin.dialogs import AddressDialog, BillingAddressDialog, NoteDialog, OrderDialog
from orders.admin.moves import Moves
from orders.editing.services import add_note, change_addresses, revoke_tracking


class Edits(Moves):
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
        return self.move(request, form, "Noted.", add_note, **facts)

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
        return self.move(request, form, "Shipping address changed.", change_addresses, shipping=form.address)

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
        return self.move(request, form, "Billing address changed.", change_addresses, billing=form.address or None)

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
        return self.move(request, form, "Tracking link revoked.", revoke_tracking)
