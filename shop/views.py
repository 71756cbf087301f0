"""The addresses that belong to no app: who we are, and how we are."""

from __future__ import annotations

import functools
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Anyone
from api.renderers import JSONRenderer
from api.throttling import Counted
from api.views import View
from shop import health


class RootShape(serializers.Serializer[Any]):
    name = serializers.CharField()
    version = serializers.CharField()
    docs = serializers.URLField()
    schema = serializers.URLField()
    live = serializers.CharField(help_text="Address of the live feed, a WebSocket.")


class StatusShape(serializers.Serializer[Any]):
    status = serializers.ChoiceField(["ok", "down"])


class ReadyShape(StatusShape):
    checks = serializers.DictField(
        child=serializers.CharField(), help_text="`database`, `broker` and `cache`, each `ok` or `down`."
    )


class PublicView(View):
    """Looks at no token, so that these addresses answer while sign-in is away."""

    authentication_classes = ()
    permission_classes = (Anyone,)


class Root(PublicView):
    @extend_schema(operation_id="read_root", tags=["operations"], responses=RootShape)
    def get(self, request: Request) -> Response:
        """Name, version, and where to go next."""
        return Response(
            {
                "name": settings.SHOP_NAME,
                "version": settings.VERSION,
                "docs": f"{settings.PUBLIC_URL}/docs",
                "schema": f"{settings.PUBLIC_URL}/schema",
                "live": f"{settings.LIVE_URL}/ws/events",
            }
        )


class HealthLive(PublicView):
    throttle = None

    @extend_schema(operation_id="health_live", tags=["operations"], responses=StatusShape)
    def get(self, request: Request) -> Response:
        """This process answers. Says nothing of what it depends on, so that an outage elsewhere restarts nobody."""
        return Response({"status": "ok"})


class HealthReady(PublicView):
    throttle = None

    @extend_schema(operation_id="health_ready", tags=["operations"], responses={200: ReadyShape, 503: ReadyShape})
    def get(self, request: Request) -> Response:
        """200 while all that a request needs can be reached, else 503 that names what is down."""
        checks = health.states()
        ok = set(checks.values()) == {"ok"}
        headers = {} if ok else {"Retry-After": "5"}
        return Response(
            {"status": "ok" if ok else "down", "checks": checks}, status=200 if ok else 503, headers=headers
        )


class Schema(PublicView):
    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(_schema(), content_type=OpenApiJsonRenderer.media_type)


class Docs(Counted, SpectacularSwaggerSplitView):
    """Script and style come by themselves: nothing in the page's own text is run (see `shop/headers.py`)."""

    template_name = "shop/docs.html"

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """What has no template, a problem or what OPTIONS tells, is JSON as it is everywhere else."""
        if not response.template_name:
            request.accepted_renderer, request.accepted_media_type = JSONRenderer(), JSONRenderer.media_type
        finished: Response = super().finalize_response(request, response, *args, **kwargs)
        return finished


@functools.cache
def _schema() -> bytes:
    """Takes seconds to make, and is the same until the next start."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    return OpenApiJsonRenderer().render(generator.get_schema(request=None, public=True))  # type: ignore[no-untyped-call]
