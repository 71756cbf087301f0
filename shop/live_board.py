"""The live board: a page of the admin that follows the feed. Its rows are made by shop/static/shop/live_board.js."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from accounts.tickets import ticket_for
from catalog.admin.shown import list_url
from events import log
from orders.admin import figures
from shop.dashboard import money

PAGE = "/admin/live/"
PERMISSION = "orders.view_order"
TYPES = (
    "OrderCreated",
    "OrderConfirmed",
    "OrderCancelled",
    "OrderShipped",
    "OrderDelivered",
    "OrderRefunded",
    "OrderDeleted",
)
BEFORE = 200  # events of any type that the page begins with, as far as they are of orders


def feed_origin() -> str:
    """For the page's connect-src."""
    live = urlsplit(settings.LIVE_URL)
    return f"{live.scheme}://{live.netloc}"


@require_GET
def board(request: HttpRequest) -> HttpResponse:
    _check(request)
    context = admin.site.each_context(request) | {
        "title": "Live",
        "feed": f"{settings.LIVE_URL}/ws/events",
        "types": ",".join(TYPES),
        "after": max(0, log.head() - BEFORE),
        "now": timezone.now().isoformat(),
        "orders_url": list_url("orders_order"),
    }
    return TemplateResponse(request, "shop/live_board.html", context)


@require_POST
def ticket(request: HttpRequest) -> HttpResponse:
    """What the page shows at the feed's door."""
    user = _check(request)
    return JsonResponse({"ticket": ticket_for(user)})


@require_GET
def today(request: HttpRequest) -> HttpResponse:
    """The numbers on top of the page: two queries along indexes."""
    _check(request)
    now, waiting = figures.until_now()[0], figures.open_orders()
    numbers = {
        "orders": f"{now.orders:,}",
        "revenue": money(now.revenue),
        "pending": f"{waiting['pending']:,}",
        "confirmed": f"{waiting['confirmed']:,}",
    }
    return JsonResponse(numbers)


def _check(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User) or not user.has_perm(PERMISSION):
        raise PermissionDenied
    return user


def pages() -> list[URLPattern]:
    """To stand before the admin's own addresses, below `admin/`. Who is not signed in as staff is sent to sign in."""
    return [
        path("live/", admin.site.admin_view(board), name="live_board"),
        path("live/ticket", admin.site.admin_view(ticket), name="live_ticket"),
        path("live/today", admin.site.admin_view(today), name="live_today"),
    ]
