"""Holds what is recorded and sent to the JSON Schemas in `docs/schemas/`, with no field besides those they name."""

from __future__ import annotations

import functools
import json
from typing import Any

from django.conf import settings
from jsonschema import Draft202012Validator

from events.models import Event
from events.schemas import closed


@functools.cache
def _schema(type: str, version: int) -> dict[str, Any]:
    path = settings.BASE_DIR / "docs" / "schemas" / f"{type}.v{version}.json"
    schema: dict[str, Any] = closed(json.loads(path.read_text(encoding="utf-8")))
    Draft202012Validator.check_schema(schema)
    return schema


def check_message(message: dict[str, Any]) -> None:
    """Raises ValidationError for a CloudEvent that is not as its schema says."""
    _check(_schema(message["type"], message["eventversion"]), message)


def check_row(row: Event) -> None:
    """Raises ValidationError for a recorded event whose data is not as its schema says."""
    schema = _schema(row.type, row.version)
    _check({"$defs": schema.get("$defs", {}), **schema["properties"]["data"]}, row.data)


def _check(schema: dict[str, Any], value: object) -> None:
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(value)
