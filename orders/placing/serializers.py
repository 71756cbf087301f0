"""What a client sends to order, checked field by field."""

from __future__ import annotations

from accounts.addresses.serializers import AddressInput
from api.serializers import (
    ChoiceField,
    EmailField,
    LineField,
    ListField,
    MoneyField,
    QuantityField,
    StrictSerializer,
    TextField,
)
from catalog.models.fields import canonical_sku
from orders.models import Order

MAX_LINES = 1000


class ItemInput(StrictSerializer):
    sku = LineField(max_length=64)
    quantity = QuantityField()

    def validate_sku(self, sku: str) -> str:
        return canonical_sku(sku)


class ShippingInput(StrictSerializer):
    method = LineField(max_length=20)
    address = AddressInput()


class OrderInput(StrictSerializer):
    items = ListField(child=ItemInput(), allow_empty=False, min_length=1, max_length=MAX_LINES)
    email = EmailField(required=False, help_text="A guest must give it, a customer must not, staff may.")
    payment_method = ChoiceField(Order.PaymentMethod.choices)
    shipping = ShippingInput()
    billing_address = AddressInput(required=False, allow_null=True)
    note = TextField(max_length=1000, allow_blank=True, default="")
    expected_total = MoneyField(required=False, help_text="What the buyer was shown: another total is refused.")
