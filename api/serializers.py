"""Input that is checked field by field, and refuses what it does not know."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeVar, cast

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.request import Request

MAX_QUANTITY = 1_000_000
MAX_PARAMETERS = 50
"""Query parameters of one address."""
MAX_ADDRESS = 254
"""Characters of an e-mail address (RFC 5321)."""
UNASSIGNED = "Cn"
"""Unicode's category of characters that it does not have yet, as far as Python knows."""
AMOUNT = re.compile(r"-?[0-9]+(\.[0-9]+)?")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""What no text may hold, Unicode's Cc, Cs, Zl and Zp: it breaks a line or cannot be stored. But for these:"""
LINE_BREAK = re.compile("[\t\n\r]")
UNREADABLE = re.compile("[\x00\ufffd]")
"""What no parameter may hold: NUL, and what Django puts where bytes are no UTF-8."""

S = TypeVar("S", bound="StrictSerializer")


class StrictSerializer(serializers.Serializer[Any]):
    """A serializer for input: an unknown field is an error, not ignored.

    `told` is what the OpenAPI document says of the whole besides its fields: the rules of `validate`, as a JSON Schema.
    """

    told: Mapping[str, Any] = {}
    default_error_messages = {"invalid": "Give a JSON object."}

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = sorted(str(key) for key in data if key not in self.fields)
            if unknown:
                raise serializers.ValidationError(
                    {
                        key[:100]: [serializers.ErrorDetail("This field is not known here.", "unknown_field")]
                        for key in unknown
                    }
                )
        return super().to_internal_value(data)


class IntegerField(serializers.IntegerField):
    """A JSON integer: not 1.0, not "2", not true."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class BooleanField(serializers.BooleanField):
    """A JSON true or false: not "yes", not 1."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=str(data)[:100])
        return data


class ChoiceField(serializers.ChoiceField):
    """One of a few texts; whoever gives another is told which there are."""

    def __init__(self, choices: Any, **kwargs: Any) -> None:
        super().__init__(choices, **kwargs)
        self.error_messages["invalid_choice"] = f"Give one of these: {', '.join(self.choices)}."


class QuantityField(IntegerField):
    """How many units: an integer from 1 to a million."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=MAX_QUANTITY, **kwargs)


class TextField(serializers.CharField):
    """A JSON string, of several lines if need be. Numbers and booleans are not turned into one."""

    default_error_messages = {"control_character": "A control character cannot be part of this."}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        text = super().to_internal_value(data)
        if CONTROL.search(text):
            self.fail("control_character")
        return text


class LineField(TextField):
    """A JSON string of one line: what goes into a mail's header, a label or a table must not break it."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if LINE_BREAK.search(text):
            self.fail("control_character")
        return text


class ListField(serializers.ListField):
    """A JSON array. It is counted before any of it is checked, so that a long one costs nothing."""

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, list) and self.max_length is not None and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return super().to_internal_value(data)


class EmailField(serializers.EmailField, LineField):
    """An e-mail address, a JSON string."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_ADDRESS, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Addresses are kept in small letters: these must fit, too, and be the same for Python as for PostgreSQL."""
        address = super().to_internal_value(data)
        if any(unicodedata.category(character) == UNASSIGNED for character in address):
            self.fail("invalid")
        if len(address.lower()) > MAX_ADDRESS:
            self.fail("max_length", max_length=MAX_ADDRESS)
        return address


class TimeField(serializers.DateTimeField):
    """An RFC 3339 time; one without an offset is UTC."""


class DecimalField(serializers.DecimalField):
    """A decimal number from 0 as a JSON string: not 1.5, and nothing that only Python reads as a number."""

    default_error_messages = {"invalid": 'Give digits, with a point where need be, as text: "12.90".'}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=Decimal(0), **kwargs)

    def to_internal_value(self, data: Any) -> Decimal:
        # Python would read 1_000, 1e3 and the digits of every script as well.
        if not isinstance(data, str) or not AMOUNT.fullmatch(data):
            self.fail("invalid")
        return super().to_internal_value(data)


class MoneyField(DecimalField):
    """An amount with at most three decimals; how many a currency allows is the service's rule."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=14, decimal_places=3, **kwargs)


def parsed_body(request: Request, serializer: type[S]) -> dict[str, Any]:
    """The checked body. Raises ValidationError (400 `validation_error`) with an entry per field."""
    return _checked(serializer, request.data)


def parsed_query(request: Request, serializer: type[S] | None = None) -> dict[str, Any]:
    """The checked query parameters. An unknown one, one given twice, or one that is no text is an error."""
    return dict(_query(serializer or StrictSerializer, request.META["QUERY_STRING"]))


@functools.lru_cache(maxsize=256)
def _query(serializer: type[S], text: str) -> dict[str, Any]:
    """Kept, because most of what is asked was asked a moment ago. `text` is as WSGI has it (PEP 3333)."""
    given = QueryDict(text.encode("latin-1"), encoding="utf-8")
    if len(given) > MAX_PARAMETERS:
        raise serializers.ValidationError(f"There may be {MAX_PARAMETERS} parameters.")
    if unreadable := [key for key, value in given.dict().items() if UNREADABLE.search(key + str(value))]:
        raise serializers.ValidationError({key[:100]: ["This parameter is not UTF-8 text."] for key in unreadable})
    repeated = [key for key in given if len(given.getlist(key)) > 1]
    if repeated:
        raise serializers.ValidationError({key: ["This parameter stands twice."] for key in repeated})
    return _checked(serializer, given.dict())


def _checked(serializer: type[StrictSerializer], data: Any) -> dict[str, Any]:
    return cast(dict[str, Any], _checker(serializer).run_validation(data))


@functools.cache
def _checker(serializer: type[S]) -> S:
    """One instance for all requests: a serializer copies its fields each time it is made, which takes longer than to
    check with them; and to check leaves nothing behind in them."""
    return serializer()
