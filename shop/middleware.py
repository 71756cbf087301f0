"""Django's own, narrowed: sessions and messages are for the admin alone, and health is told to whoever asks."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponsePermanentRedirect
from django.middleware.common import CommonMiddleware


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


class Common(CommonMiddleware):
    """Looks at no host for health: a load balancer asks each process by its address, which no setting can know."""

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        return None if request.path_info.startswith("/health/") else super().process_request(request)


def is_admin(request: HttpRequest) -> bool:
    return request.path_info.startswith("/admin")
