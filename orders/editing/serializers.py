"""What a client sends to write to an order, or to change where it goes."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.addresses.serializers import AddressInput
from api.serializers import BooleanField, StrictSerializer, TextField


class NoteInput(StrictSerializer):
    text = TextField(max_length=2000)
    for_buyer = BooleanField(default=False, help_text="Whether the buyer reads it, too.")


class ShippingChange(StrictSerializer):
    address = AddressInput()


class OrderChange(StrictSerializer):
    told = {"minProperties": 1}
    shipping = ShippingChange(required=False)
    billing_address = AddressInput(required=False, allow_null=True, help_text="null: that of the delivery.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError("Give shipping, billing_address or both.", "empty")
        return attrs
