"""What the OpenAPI document says of a body, for tests that hold a call to it."""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from rest_framework.test import APIClient


@cache
def document() -> dict[str, Any]:
    body: dict[str, Any] = APIClient().get("/schema").json()
    return body


def is_documented(method: str, path: str, body: Any) -> bool:
    """Whether the document takes `body` for one that `path`, as it writes it, may be sent."""
    schema = document()["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]
    whole = {**schema, "components": document()["components"]}
    return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER).is_valid(body)
