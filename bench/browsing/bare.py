"""What `bench/catalog.py` serves: the shop, and beside it the least that a WSGI server and that Django can do.

`/bare/wsgi` is answered here, `/bare/django` by one Django view without middleware, all else by the shop: under one
gunicorn, in one run, so that the figures can be divided by each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.urls import path

from shop.wsgi import application as shop  # before the addresses: it makes Django ready for them

from shop import urls as shop_urls  # isort: skip

BODY = b'{"results":[]}'


def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse(BODY, content_type="application/json")


urlpatterns = [path("bare/django", view), *shop_urls.urlpatterns]
settings.ROOT_URLCONF = __name__


def _without_middleware() -> WSGIHandler:
    kept, settings.MIDDLEWARE = settings.MIDDLEWARE, []
    handler = WSGIHandler()
    settings.MIDDLEWARE = kept
    return handler


bare_django = _without_middleware()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/bare/wsgi":
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(BODY)))])
        return [BODY]
    handler = bare_django if environ["PATH_INFO"] == "/bare/django" else shop
    return handler(environ, start_response)
