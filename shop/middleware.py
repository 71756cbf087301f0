"""Sessions and messages are the admin's alone: a call of the API passes them by."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest


class _AdminAlone:
    get_response: Any  # the next one, as MiddlewareMixin holds it

    def __call__(self, request: HttpRequest) -> Any:
        if is_admin(request):
            return super().__call__(request)  # type: ignore[misc]  # the middleware that this is mixed into
        return self.get_response(request)


class AdminSession(_AdminAlone, SessionMiddleware):
    pass


class AdminAuthentication(_AdminAlone, AuthenticationMiddleware):
    pass


class AdminMessages(_AdminAlone, MessageMiddleware):
    pass


def is_admin(request: HttpRequest) -> bool:
    return request.path_info.startswith("/admin")
