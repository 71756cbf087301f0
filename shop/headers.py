"""What browsers are told to refuse on our behalf, on every answer: see docs/security.md."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from shop.live_board import PAGE, feed_origin
from shop.middleware import is_admin

GetResponse = Callable[[HttpRequest], HttpResponse]

NOTHING = "default-src 'none'; frame-ancestors 'none'"
"""For an answer that is data: opened as a page, it may do nothing at all."""
PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


def page_policy(*, scripts: str, styles: str, connections: str = "'self'") -> str:
    """A Content-Security-Policy (Level 3) for pages that have all of their own from this host."""
    media = urlsplit(settings.MEDIA_URL)
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {scripts}",
            f"style-src {styles}",
            f"img-src 'self' data: {media.scheme}://{media.netloc}",
            "font-src 'self'",
            f"connect-src {connections}",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def policies(get_response: GetResponse) -> GetResponse:
    """Adds Content-Security-Policy and, to pages, Permissions-Policy."""
    # Unfold's pages are driven by Alpine, which makes functions of texts; and mails are shown with styles of their own.
    admin = page_policy(scripts="'self' 'unsafe-eval'", styles="'self' 'unsafe-inline'")
    board = page_policy(
        scripts="'self' 'unsafe-eval'", styles="'self' 'unsafe-inline'", connections=f"'self' {feed_origin()}"
    )
    docs = page_policy(scripts="'self'", styles="'self'")

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if is_admin(request):
            policy = board if request.path_info == PAGE else admin
        elif request.path_info == "/docs":
            policy = docs
        else:
            response.headers.setdefault("Content-Security-Policy", NOTHING)
            return response
        response.headers["Content-Security-Policy"] = policy
        response.headers["Permissions-Policy"] = PERMISSIONS
        return response

    return middleware
