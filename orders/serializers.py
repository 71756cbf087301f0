"""What clients send about orders, checked field by field, and how an order looks in JSON."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.pagination import PageQuery
from api.serializers import EmailField, LineField, MoneyField, QuantityField, StrictSerializer, TextField, TimeField
from catalog.models.fields import canonical_sku
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
        return canonical_sku(sku)


class ShippingInput(StrictSerializer):
    method = LineField(max_length=20)
    address = AddressInput()


class OrderInput(StrictSerializer):
    items = serializers.ListField(child=ItemInput(), allow_empty=False, max_length=MAX_LINES)
    email = EmailField(required=False, help_text="A guest must give it, a customer must not, staff may.")
    payment_method = serializers.ChoiceField(Order.PaymentMethod.choices)
    shipping = ShippingInput()
    billing_address = AddressInput(required=False, allow_null=True)
    note = TextField(max_length=1000, allow_blank=True, default="")
    expected_total = MoneyField(required=False, help_text="What the buyer was shown: another total is refused.")


class NothingInput(StrictSerializer):
    """A call that takes no facts: no body, or an empty object."""


class CancelInput(StrictSerializer):
    reason = TextField(max_length=500, allow_blank=True, default="")


class OrdersQuery(PageQuery):
    email = EmailField(required=False, help_text="Staff only.")
    status = serializers.ChoiceField(Order.Status.choices, required=False)
    created_after = TimeField(required=False)
    created_before = TimeField(required=False)


class TrackingQuery(StrictSerializer):
    tracking_token = TextField(required=False, max_length=200)


class AddressShape(serializers.Serializer[Any]):
    name = serializers.CharField()
    line1 = serializers.CharField()
    line2 = serializers.CharField(allow_blank=True)
    city = serializers.CharField()
    region = serializers.CharField(allow_blank=True)
    postal_code = serializers.CharField()
    country = serializers.CharField(help_text="ISO 3166-1 alpha-2.")


class LineShape(serializers.Serializer[Any]):
    sku = serializers.CharField()
    name = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_price = serializers.CharField()
    tax_rate = serializers.CharField(help_text="Per cent.")
    tax = serializers.CharField(help_text="Contained in `total`.")
    total = serializers.CharField()


class TotalsShape(serializers.Serializer[Any]):
    items = serializers.CharField()
    shipping = serializers.CharField()
    tax = serializers.CharField(help_text="Contained in `total`.")
    total = serializers.CharField()
    refunded = serializers.CharField()


class ShippingShape(serializers.Serializer[Any]):
    method = serializers.CharField()
    address = AddressShape()
    carrier = serializers.CharField(allow_blank=True)
    tracking_number = serializers.CharField(allow_blank=True)


class HistoryShape(serializers.Serializer[Any]):
    status = serializers.ChoiceField(Order.Status.choices)
    at = serializers.DateTimeField()
    by = serializers.CharField(help_text="An e-mail address; buyers read `staff` for the shop's people.")
    reason = serializers.CharField(allow_blank=True)


class OrderShape(serializers.Serializer[Any]):
    """An order. Amounts are gross, as decimal strings in `currency`."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    status = serializers.ChoiceField(Order.Status.choices)
    email = serializers.EmailField()
    currency = serializers.CharField()
    payment_method = serializers.ChoiceField(Order.PaymentMethod.choices)
    lines = LineShape(many=True)
    totals = TotalsShape()
    shipping = ShippingShape()
    billing_address = AddressShape(allow_null=True)
    note = serializers.CharField(allow_blank=True)
    history = HistoryShape(many=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class NewOrderShape(OrderShape):
    tracking_token = serializers.CharField(required=False, help_text="For guests: reads the order. Given once.")
    tracking_token_expires_at = serializers.DateTimeField(required=False)


class OrderPage(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = OrderShape(many=True)
