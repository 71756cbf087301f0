"""Errors as the client sees them: `application/problem+json` documents (RFC 9457) with a stable `code`."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from rest_framework import exceptions
from rest_framework.response import Response

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
MAX_ERRORS = 100
"""Rejected fields that a document names: whoever sends a thousand wrong ones learns enough."""
UNREACHABLE = (OperationalError, InterfaceError)
"""What Django raises while PostgreSQL cannot be reached."""


class Problem(Exception):
    """An error with an HTTP status and a stable code; raise it or a subclass anywhere below a view.

    `extra` becomes further members of the document, `errors` its list of rejected fields.
    """

    status = 400
    code = "bad_request"
    title = ""

    def __init__(
        self,
        detail: str = "",
        *,
        code: str = "",
        status: int = 0,
        errors: list[dict[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.code
        self.status = status or self.status
        self.errors = errors
        self.headers = dict(headers or {})
        self.extra = extra


class NotFound(Problem):
    status, code = 404, "not_found"


class Conflict(Problem):
    status, code = 409, "conflict"


class Overtaken(Problem):
    """`If-Match` named a version that is no longer the current one (RFC 9110, 13.1.1)."""

    status, code = 412, "precondition_failed"


class BodyTooLarge(Problem):
    status, code = 413, "body_too_large"

    def __init__(self) -> None:
        super().__init__("The body is larger than this call takes.")


class BodyUnreadable(Problem):
    code = "unreadable_body"

    def __init__(self) -> None:
        super().__init__("The body did not arrive as its headers said it would.")


class Invalid(Problem):
    """Rejected input: one entry of `errors` for each field that was wrong."""

    status, code = 400, "validation_error"

    def __init__(self, field: str, code: str, message: str) -> None:
        # The document's own code stays the class's: `validation_error`, or what a subclass promises.
        super().__init__(message, errors=[{"field": field, "code": code, "message": message}])


def document(problem: Problem, request_id: str) -> dict[str, Any]:
    """The members of the problem document, in the order that a reader wants them."""
    body: dict[str, Any] = {
        "type": f"urn:problem:{problem.code}",
        "title": problem.title or HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        "request_id": request_id,
    }
    if problem.errors is not None:
        body["errors"] = problem.errors
    return body | problem.extra


def http_response(problem: Problem, request: HttpRequest) -> HttpResponse:
    """For code outside Django REST framework: middleware, and Django's own 404."""
    body = orjson.dumps(document(problem, getattr(request, "request_id", "")), default=str)
    return HttpResponse(body, status=problem.status, content_type=CONTENT_TYPE, headers=problem.headers)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Django REST framework's hook: every exception that is the client's doing becomes a problem document."""
    problem = as_problem(error)
    if problem is None:
        return None
    request_id = getattr(context["request"], "request_id", "")
    return Response(
        document(problem, request_id), status=problem.status, headers=problem.headers, content_type=CONTENT_TYPE
    )


def as_problem(error: Exception) -> Problem | None:
    """The problem that an exception stands for, or None where it is a fault of ours (a 500)."""
    match error:
        case Problem():
            return error
        case exceptions.ValidationError():
            return Problem(
                "The input was rejected: see errors.",
                code="validation_error",
                errors=_flatten(error.detail)[:MAX_ERRORS],
            )
        case exceptions.ParseError():
            return Problem(str(error.detail), code="invalid_json")
        case exceptions.APIException():
            return _from_framework(error)
        case Http404():
            return NotFound("There is nothing at this address that you may see.")
        case PermissionDenied():
            return Problem(str(error) or "This is not for you.", status=403, code="permission_denied")
        case RequestDataTooBig():
            return BodyTooLarge()
        case UnreadablePostError():
            return BodyUnreadable()
        case SuspiciousOperation():
            return Problem("The request is not one that a client of this shop makes.")
        case _ if isinstance(error, UNREACHABLE):
            log.warning("the database cannot be reached: %s", error)
            return Problem(
                "The database cannot be reached. Try again shortly.",
                status=503,
                code="unavailable",
                headers={"Retry-After": "2"},
            )
        case _:
            return None


def server_error(error: Exception, request: HttpRequest) -> Problem:
    """What the client hears of a fault of ours: nothing but the id under which the log has all of it."""
    request_id = getattr(request, "request_id", "")
    log.error("%s %s failed, request %s", request.method, request.path, request_id, exc_info=error)
    return Problem("An error of ours. It has been logged under the request's id.", status=500, code="internal_error")


def _from_framework(error: exceptions.APIException) -> Problem:
    headers: dict[str, str] = {}
    if auth_header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = auth_header
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    detail = error.detail
    code = getattr(detail, "code", "") or error.default_code
    return Problem(str(detail), status=error.status_code, code=str(code), headers=headers)


def _flatten(detail: Any, path: str = "") -> list[dict[str, str]]:
    if isinstance(detail, dict):
        return [row for key, value in detail.items() for row in _flatten(value, _join(path, str(key)))]
    if isinstance(detail, list) and any(isinstance(item, (dict, list)) for item in detail):
        return [row for index, value in enumerate(detail) for row in _flatten(value, _join(path, str(index)))]
    rows = detail if isinstance(detail, list) else [detail]
    return [{"field": path, "code": str(getattr(row, "code", "invalid")), "message": str(row)} for row in rows]


def _join(path: str, key: str) -> str:
    key = "" if key == "non_field_errors" else key
    return f"{path}.{key}".strip(".")
