"""An address as clients send it, in an order or for the address book, and as they get it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.addresses.countries import COUNTRIES
from accounts.addresses.postal_codes import InvalidPostalCode, postal_code_in
from accounts.models import Address
from api.serializers import BooleanField, LineField, StrictSerializer


@extend_schema_field({"type": "string", "enum": sorted(COUNTRIES)})
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
    postal_code = LineField(
        max_length=16,
        allow_blank=True,
        default="",
        help_text="Needed wherever the country's post asks for one. Spaces, dashes and small letters do not matter.",
    )
    country = CountryField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        try:
            return attrs | {"postal_code": postal_code_in(attrs["country"], attrs["postal_code"])}
        except InvalidPostalCode as refusal:
            code = serializers.ErrorDetail(refusal.detail, refusal.reason)
            raise serializers.ValidationError({"postal_code": [code]}) from None


class NewAddress(AddressInput):
    default_shipping = BooleanField(default=False, help_text="Takes it from the address that is the default now.")
    default_billing = BooleanField(default=False, help_text="Takes it from the address that is the default now.")


class AddressChange(StrictSerializer):
    """What is left out stays. The postal code is checked with the country that the address then has."""

    name = LineField(max_length=120, required=False)
    line1 = LineField(max_length=120, required=False)
    line2 = LineField(max_length=120, allow_blank=True, required=False)
    city = LineField(max_length=80, required=False)
    region = LineField(max_length=80, allow_blank=True, required=False)
    postal_code = LineField(max_length=16, allow_blank=True, required=False)
    country = CountryField(required=False)
    default_shipping = BooleanField(required=False)
    default_billing = BooleanField(required=False)


class AddressShape(serializers.Serializer[Any]):
    name = serializers.CharField()
    line1 = serializers.CharField()
    line2 = serializers.CharField(allow_blank=True)
    city = serializers.CharField()
    region = serializers.CharField(allow_blank=True)
    postal_code = serializers.CharField(allow_blank=True)
    country = serializers.CharField(help_text="ISO 3166-1 alpha-2.")


class SavedAddressShape(AddressShape):
    id = serializers.UUIDField()
    default_shipping = serializers.BooleanField()
    default_billing = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class SavedAddressPage(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = SavedAddressShape(many=True)


SHOWN = (
    "id",
    *AddressShape._declared_fields,
    "default_shipping",
    "default_billing",
    "created_at",
    "updated_at",
)


def address_json(address: Address) -> dict[str, Any]:
    return {name: getattr(address, name) for name in SHOWN}
