"""A person's own data over HTTP."""

from __future__ import annotations

from typing import Any, cast

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.own_data import exports
from accounts.permissions import SignedIn
from api.schema import problems
from api.views import View
from storage import bucket


class ExportShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=["queued", "ready"])
    created_at = serializers.DateTimeField()
    size = serializers.IntegerField(allow_null=True, help_text="Bytes; null until the file is made.")
    url = serializers.URLField(allow_null=True, help_text="A pre-signed address of the file; null until it is made.")
    expires_at = serializers.DateTimeField(allow_null=True, help_text="When the address ends: five minutes from now.")


class Export(View):
    permission_classes = (SignedIn,)

    @extend_schema(
        operation_id="export_my_data",
        summary="All that is stored about the caller, as a JSON file",
        description=(
            "Whoever asks for the first time in a day has a worker make the file: 202, and 200 with its address once "
            "it is made. Whoever asks again gets the same file, at a new address."
        ),
        tags=["accounts"],
        responses={200: ExportShape, 202: ExportShape} | problems(400, 401, 403, 503),
    )
    def get(self, request: Request) -> Response:
        with transaction.atomic(durable=True):
            export = exports.export_of(cast(User, request.user))
        body = {"id": export.id, "status": "queued", "created_at": export.created_at, "size": export.size}
        headers = {"Cache-Control": "no-store"}
        if not export.is_ready:
            nothing_yet = {"url": None, "expires_at": None}
            return Response(body | nothing_yet, status=202, headers=headers | {"Retry-After": "2"})
        url, expires_at = bucket.signed_url(exports.key_of(export))
        return Response(body | {"status": "ready", "url": url, "expires_at": expires_at}, headers=headers)
