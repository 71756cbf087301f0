"""Conditional requests (RFC 9110, section 13): `ETag`, `If-None-Match` on reads, `If-Match` on changes."""

from __future__ import annotations

import hashlib
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api.problems import Overtaken


def etag_of(*parts: object) -> str:
    """A strong validator from whatever decides the representation: usually an id and a version."""
    return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'


def answer(request: Request, body: Any, etag: str, *, status: int = 200, **headers: str) -> Response:
    """`body` with its ETag, or 304 without a body where the client has it already."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()} | {"ETag": etag}
    if request.method in ("GET", "HEAD") and _names(request.headers.get("If-None-Match", ""), etag):
        return Response(status=304, headers=headers)
    return Response(body, status=status, headers=headers)


def check_if_match(request: Request, etag: str) -> None:
    """Raises Overtaken (412) where `If-Match` is sent and does not name `etag`."""
    given = request.headers.get("If-Match", "")
    if given and not _names(given, etag, weak=False):
        raise Overtaken("The object has changed since you read it. Read it again, then repeat the change.")


def _names(header: str, etag: str, *, weak: bool = True) -> bool:
    tags = [tag.strip() for tag in header.split(",") if tag.strip()]
    if weak:
        tags = [tag.removeprefix("W/") for tag in tags]
    return "*" in tags or etag in tags
