"""What the OpenAPI document says of many calls alike: their headers, their sign-in, and how they are refused."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension, OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import get_lib_doc_excludes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "[!-~]"},
    OpenApiParameter.HEADER,
    description="1 to 255 characters.",
)
IF_MATCH = OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description="The ETag of what you change.")
IF_NONE_MATCH = OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="An ETag that you have.")
WITH_OR_WITHOUT_SIGN_IN: Any = [{"cognito": []}, {}]
"""`auth` of a call that looks at a token and needs none."""


class ProblemErrorSerializer(serializers.Serializer[object]):
    field = serializers.CharField(help_text="Dotted path of the field; empty where the whole body is meant.")
    code = serializers.CharField()
    message = serializers.CharField()


class ProblemSerializer(serializers.Serializer[object]):
    """A problem document (RFC 9457). `code` is stable, `title` and `detail` are for people."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField(help_text="Stable, snake_case: what a program should read.")
    request_id = serializers.CharField()
    errors = ProblemErrorSerializer(  # type: ignore[assignment]  # a field here, an attribute in the base class
        many=True, required=False, help_text="With rejected input: one entry per field."
    )


def problems(*statuses: int, **codes: str) -> dict[tuple[int, str], OpenApiResponse]:
    """Entries for `extend_schema(responses=…)`, one per status: `{200: …} | problems(400, 401, 404)`.

    A keyword names the codes of a status: `problems(400, s409="out_of_stock, price_changed")`.
    """
    told = {int(name.removeprefix("s")): text for name, text in codes.items()}
    return {
        (status, "application/problem+json"): OpenApiResponse(
            ProblemSerializer, description=f"{HTTPStatus(status).phrase}. {told.get(status, '')}".rstrip(". ") + "."
        )
        for status in sorted({*statuses, *told})
    }


class NothingElse(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """A body with a field that is not known is refused, and one that breaks a rule about its fields."""

    target_class = "api.serializers.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        told = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return {**told, "additionalProperties": False, **self.target.told}


class Decimals(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """The framework's own pattern takes the empty text and `-` for a number."""

    target_class = "api.serializers.DecimalField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        field = self.target
        whole = field.max_digits - field.decimal_places
        pattern = rf"^[0-9]{{1,{whole}}}(\.[0-9]{{1,{field.decimal_places}}})?$"
        return {"type": "string", "format": "decimal", "pattern": pattern}


class Operations(AutoSchema):
    """Every call of a view that counts its requests may be refused for their number: see `api/throttling.py`."""

    def get_operation(self, *arguments: Any, **options: Any) -> Any:
        operation = super().get_operation(*arguments, **options)
        if operation and getattr(self.view, "throttle", None) is not None:
            content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
            refusal = {"content": content, "description": "Too Many Requests. too_many_requests."}
            refusal["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}}
            told = operation["responses"].get("429", {}).get("description", "")
            if told:
                refusal["description"] = f"{told.rstrip('.')}, too_many_requests."
            operation["responses"]["429"] = refusal
        return operation


def documented_by_themselves() -> list[type]:
    """Classes whose docstring speaks to us, not to clients: the OpenAPI document must not take it over."""
    from api.serializers import StrictSerializer  # the framework's settings, which name us, must be read first
    from api.views import View

    return [*get_lib_doc_excludes(), View, StrictSerializer]  # type: ignore[no-untyped-call]
