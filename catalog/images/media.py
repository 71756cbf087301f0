"""Product images at the address that the API gives out: for browsers, and for a CDN that stands in front."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from accounts.permissions import Anyone
from api.problems import NotFound
from api.renderers import JSONRenderer
from api.schema import IF_NONE_MATCH, problems
from api.views import View
from catalog.images import keys
from storage import bucket

FOR_EVER = "public, max-age=31536000, immutable"
KEY = OpenApiParameter("key", str, OpenApiParameter.PATH, description="As in an image's `url` and `thumbnail_url`.")


class Media(View):
    """Streams an object out of the private bucket: those of product images, and no others.

    Whoever knows the address may read it, signed in or not: `<img>` sends no token, and the address holds parts that
    nobody can guess. Its content never changes, as the key holds its hash; the key is therefore its own validator.
    """

    authentication_classes = ()
    permission_classes = (Anyone,)

    @extend_schema(
        operation_id="read_image",
        summary="An image, or its thumbnail",
        parameters=[KEY, IF_NONE_MATCH],
        responses={(200, "image/*"): OpenApiTypes.BINARY, 304: None} | problems(400, 404, 503),
        auth=[],
    )
    def get(self, request: Request, key: str) -> HttpResponseBase:
        content_type = keys.content_type(key)
        if content_type is None:
            raise NotFound("There is no such image.")
        etag = f'"{key}"'
        headers = {"ETag": etag, "Cache-Control": FOR_EVER, "X-Content-Type-Options": "nosniff"}
        if _named(etag, request.headers.get("If-None-Match", "")):
            return HttpResponse(status=304, headers=headers)
        try:
            with bucket.answerable():
                if request.method == "HEAD":
                    length = bucket.size(key)
                    return HttpResponse(content_type=content_type, headers={**headers, "Content-Length": str(length)})
                length, chunks = bucket.stream(key)
        except FileNotFoundError:
            raise NotFound("There is no such image.") from None
        return StreamingHttpResponse(
            chunks, content_type=content_type, headers={**headers, "Content-Length": str(length)}
        )

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Whatever kind of image is asked for, there is one; only a refusal is JSON."""
        return JSONRenderer(), JSONRenderer.media_type


def _named(etag: str, header: str) -> bool:
    """Whether the client has it. Not for `*`: S3 was not asked whether there is anything."""
    return etag in (tag.strip().removeprefix("W/") for tag in header.split(","))
