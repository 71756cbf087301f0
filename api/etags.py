"""Conditional requests (RFC 9110, section 13): `ETag`, `If-None-Match` on reads, `If-Match` on changes."""

from __future__ import annotations

import hashlib
from typing import Any

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.response import Response

from api.problems import Overtaken


def etag_of(*parts: object) -> str:
    """A strong validator from whatever decides the representation: usually an id and a version."""
    return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'


def versioned_etag(version: int, body: bytes) -> str:
    """A validator of a representation that also changes without a new version, as a product does with its stock."""
    return f'"{version}-{hashlib.sha256(body).hexdigest()[:24]}"'


def answer(request: Request, body: Any, etag: str, *, status: int = 200, **headers: str) -> Response:
    """`body` with its ETag, or 304 without a body where the client has it already."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()} | {"ETag": etag}
    if request.method in ("GET", "HEAD") and has_already(request, etag):
        return Response(status=304, headers=headers)
    return Response(body, status=status, headers=headers)


def check_if_match(request: Request, etag: str) -> None:
    """Raises Overtaken (412) where `If-Match` is sent and does not name `etag`."""
    given = request.headers.get("If-Match", "")
    if given and not _names(given, etag, weak=False):
        raise Overtaken("The object has changed since you read it. Read it again, then repeat the change.")


def has_already(request: Request | HttpRequest, etag: str) -> bool:
    """Whether `If-None-Match` says that the client has this very representation."""
    return _names(request.headers.get("If-None-Match", ""), etag)


def check_version(given: str, version: int) -> None:
    """Raises Overtaken (412) where `given`, an `If-Match` made by `versioned_etag`, is of another version.

    What else the representation holds does not count: whoever changes a product's description is not overtaken by a
    sale.
    """
    tags = [tag.strip() for tag in given.split(",") if tag.strip()]
    if tags and "*" not in tags and not any(tag.startswith(f'"{version}-') for tag in tags):
        raise Overtaken("The object has changed since you read it. Read it again, then repeat the change.")


def _names(header: str, etag: str, *, weak: bool = True) -> bool:
    tags = [tag.strip() for tag in header.split(",") if tag.strip()]
    if weak:
        tags = [tag.removeprefix("W/") for tag in tags]
    return "*" in tags or etag in tags
