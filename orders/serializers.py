"""What clients send about orders, checked field by field, and how an order looks in JSON."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.pagination import PageQuery
from api.serializers import EmailField, LineField, MoneyField, QuantityField, StrictSerializer, TextField, TimeField
from catalog.money import money
from catalog.stock import canonical
from orders.countries import COUNTRIES
from orders.models import Order

MAX_LINES = 1000


class CountryField(LineField):
    """An ISO 3166-1 alpha-2 code in capitals."""

    default_error_messages = {"country": "Give a country as ISO 3166-1 alpha-2 has it: two capitals, such as DE."}

    def to_internal_value(self, data: Any) -> str:
        code = super().to_internal_value(data)
        if code not in COUNTRIES:
            self.fail("country")
        return code


class AddressInput(StrictSerializer):
    name = LineField(max_length=120)
    line1 = LineField(max_length=120)
    line2 = LineField(max_length=120, allow_blank=True, default="")
    city = LineField(max_length=80)
    region = LineField(max_length=80, allow_blank=True, default="")
    postal_code = LineField(max_length=16)
    country = CountryField()


class ItemInput(StrictSerializer):
    sku = LineField(max_length=64)
    quantity = QuantityField()

    def validate_sku(self, sku: str) -> str:
        return canonical(sku)


class ShippingInput(StrictSerializer):
    method = LineField(max_length=20)
    address = AddressInput()


class OrderInput(StrictSerializer):
    items = ItemInput(many=True, allow_empty=False, max_length=MAX_LINES)
    email = EmailField(required=False, help_text="A guest must give it, a customer must not, staff may.")
    payment_method = serializers.ChoiceField(Order.PaymentMethod.choices)
    shipping = ShippingInput()
    billing_address = AddressInput(required=False, allow_null=True)
    note = TextField(max_length=1000, allow_blank=True, default="")
    expected_total = MoneyField(required=False, help_text="What the buyer was shown: another total is refused.")


class CancelInput(StrictSerializer):
    reason = TextField(max_length=500, allow_blank=True, default="")


class OrdersQuery(PageQuery):
    email = EmailField(required=False, help_text="Staff only.")
    status = serializers.ChoiceField(Order.Status.choices, required=False)
    created_after = TimeField(required=False)
    created_before = TimeField(required=False)


class TrackingQuery(StrictSerializer):
    tracking_token = TextField(required=False, max_length=200)
