"""The kinds of fields that the catalog's calls take."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from drf_spectacular.drainage import set_override
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.serializers import DecimalField, IntegerField, TextField
from catalog.models.fields import validate_currency
from catalog.money import DIGITS
from catalog.stock import MAX_STOCK

MAX_ATTRIBUTES, MAX_ATTRIBUTE_NAME, MAX_ATTRIBUTE_TEXT = 50, 60, 500


@extend_schema_field(
    {
        "type": "object",
        "maxProperties": MAX_ATTRIBUTES,
        "propertyNames": {"minLength": 1, "maxLength": MAX_ATTRIBUTE_NAME},
        "additionalProperties": {"type": ["string", "number", "boolean"], "maxLength": MAX_ATTRIBUTE_TEXT},
    }
)
class AttributesField(serializers.DictField):
    """Facts: name → text, number or boolean. Those that the category defines are checked by the service."""

    default_error_messages = {"not_a_dict": "Give a JSON object."}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        attributes = super().to_internal_value(data)
        if len(attributes) > MAX_ATTRIBUTES:
            raise serializers.ValidationError(f"There are at most {MAX_ATTRIBUTES} attributes.", "too_many")
        for name, value in attributes.items():
            if not 1 <= len(name.strip()) <= MAX_ATTRIBUTE_NAME:
                raise serializers.ValidationError(f"A name has 1 to {MAX_ATTRIBUTE_NAME} characters.", "invalid_name")
            if not isinstance(value, (str, int, float, bool)) or len(str(value)) > MAX_ATTRIBUTE_TEXT:
                raise serializers.ValidationError(
                    {name: f"A value is a text of at most {MAX_ATTRIBUTE_TEXT} characters, a number or a boolean."}
                )
        return attributes


@extend_schema_field(OpenApiTypes.BOOL)
class FlagField(TextField):
    """`true` or `false` in a query, and nothing else."""

    def to_internal_value(self, data: Any) -> Any:
        if data not in ("true", "false"):
            raise serializers.ValidationError("It is true or false.", "invalid")
        return data == "true"


class StockField(IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=MAX_STOCK, **kwargs)


@extend_schema_field({"type": "integer", "not": {"const": 0}})
class ChangeField(IntegerField):
    """Units that come or go."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=-MAX_STOCK, max_value=MAX_STOCK, **kwargs)

    def to_internal_value(self, data: Any) -> int:
        delta = super().to_internal_value(data)
        if delta == 0:
            raise serializers.ValidationError("A change of 0 changes nothing.", "invalid")
        return delta


@extend_schema_field({"type": "string", "enum": sorted(DIGITS)})
class CurrencyField(TextField):
    """An ISO 4217 code."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validators=[validate_currency], **kwargs)


@extend_schema_field({"type": "string", "format": "decimal", "pattern": r"^(100(\.00?)?|[0-9]{1,2}(\.[0-9]{1,2})?)$"})
class RateField(DecimalField):
    """Per cent: from 0 to 100, with at most two decimals."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=5, decimal_places=2, max_value=Decimal(100), **kwargs)


class WordsField(TextField):
    """Words with commas between them, `most` at most, each out of `known`, or of any name after `prefix`: `id,name`."""

    def __init__(self, known: Iterable[str], *, prefix: str = "", most: int | None = None, **kwargs: Any) -> None:
        self.known, self.prefix, self.most = tuple(known), prefix, most
        super().__init__(**kwargs)
        word = "|".join([*self.known, *([f"{re.escape(prefix)}[^,]+"] if prefix else [])])
        more = "*" if most is None else f"{{0,{most - 1}}}"
        set_override(self, "field", {"type": "string", "pattern": f"^({word})(,({word})){more}$"})

    def to_internal_value(self, data: Any) -> Any:
        words = super().to_internal_value(data).split(",")
        if self.most is not None and len(words) > self.most:
            raise serializers.ValidationError(f"There are at most {self.most}, and these are {len(words)}.", "too_many")
        for word in words:
            free = self.prefix and word.startswith(self.prefix) and len(word) > len(self.prefix)
            if word not in self.known and not free:
                choices = [*self.known, f"{self.prefix}<name>"] if self.prefix else self.known
                raise serializers.ValidationError(f"{word[:60]} is none of {', '.join(choices)}.", "invalid_choice")
        return tuple(dict.fromkeys(words))
