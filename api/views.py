"""The base of every view: method, caller, size and query are checked, in this order, before its own code runs."""

from __future__ import annotations

import io
import time
from typing import Any

from django.http import HttpRequest
from gunicorn.http.errors import ParseException
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.views import APIView

from api.context import note
from api.problems import BodyTooLarge, BodyUnreadable
from api.renderers import JSONRenderer
from api.serializers import StrictSerializer, parsed_query
from api.throttling import Counted

DRAINED, CHUNK = 64 * 1024 * 1024, 64 * 1024
"""Bytes of a refused body that are read all the same, and at a time."""
DRAINING = 5.0
"""Seconds that it may take: whoever sends more slowly may lose the answer, and nobody else a thread."""
BROKEN = (OSError, ParseException)
"""What reading a body raises where the client has hung up, fallen silent, or sends no chunks."""


class View(Counted, APIView):
    """A view names its query parameters in `query_serializer`; `self.query` then holds them checked.

    One that names none refuses every parameter. `max_body` is in bytes, of the whole body.
    """

    query_serializer: type[StrictSerializer] | None = None
    query: dict[str, Any]
    max_body = 1024 * 1024

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if request.method not in self.allowed_methods:
            raise MethodNotAllowed(str(request.method))
        super().initial(request, *args, **kwargs)
        if "order_id" in kwargs:
            note(order_id=str(kwargs["order_id"]))
        self._limit_body(request)
        serializer = self.query_serializer if request.method in ("GET", "HEAD") else None
        self.query = parsed_query(request, serializer)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """There is one renderer: who asks for nothing else need not be negotiated with."""
        if request.META.get("HTTP_ACCEPT", "*/*") in ("*/*", JSONRenderer.media_type):
            return JSONRenderer(), JSONRenderer.media_type
        return super().perform_content_negotiation(request, force)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        if response.status_code >= 400:
            _drain(request._request)
        # What may be kept says so itself. All else is somebody's own, or will be another answer in a moment.
        response.headers.setdefault("Cache-Control", "no-store")
        return super().finalize_response(request, response, *args, **kwargs)

    def _limit_body(self, request: Request) -> None:
        """Raises BodyTooLarge (413). Django's own limit is not asked, because a parser reads the stream itself."""
        http = request._request
        length = str(http.META.get("CONTENT_LENGTH") or "0")
        if length.isdecimal() and int(length) > self.max_body:
            raise BodyTooLarge
        if not http.META.get("wsgi.input_terminated") or "HTTP_TRANSFER_ENCODING" not in http.META:
            return
        # A chunked body says no length, and without one Django takes it for empty: the server's stream knows its end.
        try:
            body = http.META["wsgi.input"].read(self.max_body + 1)
        except BROKEN:
            raise BodyUnreadable from None
        if len(body) > self.max_body:
            raise BodyTooLarge
        http._stream = io.BytesIO(body)
        http.META["CONTENT_LENGTH"] = str(len(body))


def _drain(http: HttpRequest) -> None:
    """Reads on to the end of the body. The server hangs up on what it has not read, and whoever is still sending would
    then see a broken connection instead of the answer.
    """
    chunked = http.META.get("wsgi.input_terminated") and "HTTP_TRANSFER_ENCODING" in http.META
    if not chunked and int(http.META.get("CONTENT_LENGTH") or 0) > DRAINED:
        return
    stream = http.META["wsgi.input"] if chunked else http
    left, end = DRAINED, time.monotonic() + DRAINING
    try:
        while left > 0 and time.monotonic() < end and (chunk := stream.read(CHUNK)):
            left -= len(chunk)
    except BROKEN:
        return
