"""The two rules that hold for every request, whichever view answers it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.views.defaults import bad_request

from api import tracing
from api.context import concerning, current_request_id
from api.problems import NotFound, Problem, as_problem, http_response, server_error

GetResponse = Callable[[HttpRequest], HttpResponse]
ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{8,128}")
UNTRACED = ("/health/", "/static/")
"""What is asked for all day long and tells nothing."""


def trace(get_response: GetResponse) -> GetResponse:
    """A span for every request, named by its route. It stands in MIDDLEWARE only where traces are wanted.

    A trace that the client began is its parent where `TRACES_CONTINUED` says so: a stranger could otherwise have
    whatever they do traced, at our expense.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path.startswith(UNTRACED):
            return get_response(request)
        theirs = tracing.read(request.headers.get("traceparent")) if settings.TRACES_CONTINUED else ""
        with tracing.span(str(request.method), kind="server", parent=theirs) as span:
            response = get_response(request)
            route = f"/{request.resolver_match.route}" if request.resolver_match else "no such address"
            span.rename(f"{request.method} {route}")
            span.tell({"status": response.status_code, "request_id": response["X-Request-ID"]})
            if response.status_code >= 500:
                span.fail(f"answered with {response.status_code}")
        return response

    return middleware


def request_id(get_response: GetResponse) -> GetResponse:
    """Gives every request an id, or takes over the client's, and sends it back as `X-Request-ID`."""

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request.request_id = given if ACCEPTED_ID.fullmatch(given) else uuid.uuid4().hex  # type: ignore[attr-defined]
        token = current_request_id.set(request.request_id)  # type: ignore[attr-defined]
        try:
            with concerning():
                response = get_response(request)
        finally:
            current_request_id.reset(token)
        response["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        return response

    return middleware


class problems:  # noqa: N801  (a middleware factory, named as the settings name it)
    """Turns Django's own HTML errors, faults of ours, and a database that cannot be reached, into problem documents.

    The admin keeps its pages, but for a database that cannot be reached: no page can be made then. An address of it
    that asks PostgreSQL for what it cannot look up (`?number__regex=(`, a NUL in a key) is a bad request.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code < 400 or _is_admin(request) or "text/html" not in response.get("Content-Type", ""):
            return response
        if response.status_code == 404:
            return _in_its_place(response, NotFound("No such address."), request)
        status = HTTPStatus(response.status_code)
        return _in_its_place(response, Problem(f"{status.phrase}.", status=status, code=status.name.lower()), request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if _is_admin(request) and request.method == "GET" and isinstance(error, DataError):
            return bad_request(request, error)
        problem = as_problem(error)
        if _is_admin(request) and (problem is None or problem.status != HTTPStatus.SERVICE_UNAVAILABLE):
            return None
        return http_response(problem or server_error(error, request), request)


def _in_its_place(page: HttpResponse, problem: Problem, request: HttpRequest) -> HttpResponse:
    """The problem document, with the page's headers but for those that tell of its text."""
    answer = http_response(problem, request)
    for name, value in page.items():
        if name not in ("Content-Type", "Content-Length"):
            answer[name] = value
    return answer


def _is_admin(request: HttpRequest) -> bool:
    return request.path.startswith("/admin")
