"""An address as clients send it."""

from __future__ import annotations

from typing import Any

from api.serializers import LineField, StrictSerializer
from orders.countries import COUNTRIES


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
