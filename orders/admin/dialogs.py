"""What staff are asked before an order is moved on: the fields of each service, filled in with what is left."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from accounts.addresses.serializers import AddressInput
from api.problems import Problem
from catalog.admin.keys import key_of
from catalog.money import DIGITS, money
from orders.models import Carrier, Order, OrderLine

SUGGESTED = 50
"""Carriers that a dialog suggests."""


class OrderDialog(BaseDialogForm):  # type: ignore[misc]  # untyped package
    """Carries the version of the order that it was filled in from, so that nobody acts on what has changed since."""

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, request: Any, object_id: Any = None, **kwargs: Any) -> None:
        super().__init__(request, object_id, **kwargs)
        self.order = order_of(object_id)
        if self.order is not None:
            self.fields["seen"].initial = self.order.version
            self.fill(self.order)

    def fill(self, order: Order) -> None:
        """Presets the fields, and makes those that depend on the order."""

    def tell(self, problem: Problem) -> None:
        """Shows what a service refused at the fields that it names, or else at the first."""
        first = next(field.name for field in self if not field.is_hidden)
        for error in problem.errors or []:
            name = error["field"].rpartition(".")[2]
            self.add_error(name if name in self.fields else first, error["message"])

    def _ask_units(self, prefix: str, line: OrderLine, *, most: int, preset: int) -> None:
        self.fields[f"{prefix}{line.pk}"] = forms.IntegerField(
            label=f"{line.sku} · {line.name}",
            required=False,
            min_value=0,
            max_value=most,
            initial=preset,
            help_text=f"of {most}",
            widget=UnfoldAdminIntegerFieldWidget(attrs={"data-units": ""}),
        )

    def _units(self, prefix: str) -> dict[str, int]:
        """SKU → units of what was asked by `_ask_units`, without those that are none."""
        lines = self.order.lines.all() if self.order else []
        said = {line.sku: self.cleaned_data.get(f"{prefix}{line.pk}") or 0 for line in lines}
        return {sku: units for sku, units in said.items() if units}


class ReasonDialog(OrderDialog):
    reason = forms.CharField(
        required=False,
        max_length=500,
        widget=UnfoldAdminTextInputWidget(),
        help_text="The buyer reads it in the mail and in the order's history.",
    )


class ShipDialog(OrderDialog):
    carrier = forms.CharField(
        max_length=60, widget=UnfoldAdminTextInputWidget(attrs={"list": "carriers", "autocomplete": "off"})
    )
    tracking_number = forms.CharField(max_length=80, widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}))
    form_before_template = "admin/orders/order/carriers.html"

    def fill(self, order: Order) -> None:
        for line in order.lines.all():
            if line.left_to_ship:
                self._ask_units("units-", line, most=line.left_to_ship, preset=line.left_to_ship)

    def get_before_template_context(self, request: Any, object_id: Any = None) -> dict[str, Any]:
        return {"carriers": carriers()}

    def clean(self) -> None:
        asked = [name for name in self.fields if name.startswith("units-")]
        if asked and not self.errors and not self.items:
            self.add_error(asked[0], "Put something into the parcel.")

    @property
    def items(self) -> dict[str, int] | None:
        return self._units("units-") or None


class RefundDialog(OrderDialog):
    amount = forms.DecimalField(max_digits=16, decimal_places=3, widget=UnfoldAdminDecimalFieldWidget())
    reason = forms.CharField(max_length=500, widget=UnfoldAdminTextInputWidget(), help_text="The buyer reads it.")

    def fill(self, order: Order) -> None:
        amount, left = self.fields["amount"], money(order.left_to_refund, order.currency)
        amount.label = f"Amount in {order.currency}"
        amount.initial, amount.help_text = left, f"{left} {order.currency} are left to refund."
        amount.widget.attrs["step"] = format(10 ** -DIGITS[order.currency], "f") if DIGITS[order.currency] else "1"
        for line in order.lines.all():
            if line.left_to_restock:
                self._ask_units("restock-", line, most=line.left_to_restock, preset=0)
                self.fields[f"restock-{line.pk}"].label = f"Back in stock: {line.sku} · {line.name}"

    @property
    def restock(self) -> dict[str, int] | None:
        return self._units("restock-") or None


class NoteDialog(OrderDialog):
    text = forms.CharField(
        max_length=2000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4, "autofocus": True}), label="Note"
    )
    for_buyer = forms.BooleanField(
        required=False,
        label="Show it to the buyer",
        widget=UnfoldBooleanSwitchWidget(),
        help_text="Otherwise only staff read it.",
    )


class AddressDialog(OrderDialog):
    """The shipping address."""

    kind = "shipping"

    name = forms.CharField(max_length=120, widget=UnfoldAdminTextInputWidget())
    line1 = forms.CharField(max_length=120, widget=UnfoldAdminTextInputWidget(), label="Street and number")
    line2 = forms.CharField(max_length=120, required=False, widget=UnfoldAdminTextInputWidget(), label="Second line")
    postal_code = forms.CharField(max_length=16, required=False, widget=UnfoldAdminTextInputWidget())
    city = forms.CharField(max_length=80, widget=UnfoldAdminTextInputWidget())
    region = forms.CharField(max_length=80, required=False, widget=UnfoldAdminTextInputWidget())
    country = forms.CharField(
        max_length=2, widget=UnfoldAdminTextInputWidget(), help_text="Two capitals, such as DE (ISO 3166-1)."
    )
    PARTS = ("name", "line1", "line2", "city", "region", "postal_code", "country")

    def fill(self, order: Order) -> None:
        for part, text in self._present(order).items():
            if part in self.PARTS:
                self.fields[part].initial = text

    def _present(self, order: Order) -> Any:
        return order.shipping_address

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"]).upper()

    def clean(self) -> None:
        """Asks the API's own rules, so that no address comes in here that it would refuse."""
        self.address: dict[str, str] = {}
        if self.errors or not self._is_given():
            return
        asked = AddressInput(data={part: self.cleaned_data[part] for part in self.PARTS})
        if asked.is_valid():
            self.address = dict(asked.validated_data)
        for part, messages in asked.errors.items():
            self.add_error(part, [str(message) for message in messages])

    def _is_given(self) -> bool:
        return True


class BillingAddressDialog(AddressDialog):
    kind = "billing"

    same = forms.BooleanField(
        required=False, label="The same as the shipping address", widget=UnfoldBooleanSwitchWidget()
    )
    field_order = ("same",)

    def fill(self, order: Order) -> None:
        super().fill(order)
        self.fields["same"].initial = order.billing_address is None

    def _present(self, order: Order) -> Any:
        return order.billing_address or order.shipping_address

    def _clean_fields(self) -> None:
        """What is the shipping address need not be filled in."""
        if self.data.get("same"):
            for part in self.PARTS:
                self.fields[part].required = False
        super()._clean_fields()

    def _is_given(self) -> bool:
        return not self.cleaned_data.get("same")


def order_of(object_id: Any) -> Order | None:
    return Order.objects.prefetch_related("lines").filter(pk=key_of(object_id)).first()


def carriers() -> list[str]:
    return list(Carrier.objects.values_list("name", flat=True)[:SUGGESTED])
