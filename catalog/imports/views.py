"""Imports and the export over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import ChangesCatalog, ReadsCatalog
from api.etags import answer, etag_of
from api.idempotency import once
from api.multipart import StrictMultiPartParser
from api.pagination import PageQuery, page
from api.problems import BodyTooLarge
from api.renderers import JSONRenderer, dumps
from api.schema import IDEMPOTENCY_KEY, IF_NONE_MATCH, problems
from api.serializers import parsed_body
from api.spreadsheets import CSVRenderer
from api.views import View
from catalog.imports import export, queries, serializers, services
from catalog.imports.presentation import MAX_SHOWN, brief_json, import_json
from catalog.models import Import
from catalog.products.views import email_of
from storage import bucket


class ProductImport(View):
    permission_classes = [ChangesCatalog]
    parser_classes: list[type[BaseParser]] = [StrictMultiPartParser]
    max_body = services.MAX_BYTES + 64 * 1024  # beside the file: the other parts, and what is between them

    @extend_schema(
        operation_id="import_products",
        summary="Have a worker take over a CSV file of products",
        parameters=[IDEMPOTENCY_KEY],
        request={"multipart/form-data": serializers.NewImport},
        responses={202: serializers.ImportShape}
        | problems(
            401,
            403,
            413,
            415,
            422,
            503,
            s400="invalid_multipart, validation_error",
            s409="import_running, idempotency_key_in_flight",
        ),
    )
    def post(self, request: Request) -> Response:
        facts = parsed_body(request, serializers.NewImport)
        file = facts.pop("file")
        if file.size > services.MAX_BYTES:
            raise BodyTooLarge
        with bucket.answerable():
            key = services.upload(file)

        def work() -> Response:
            job = services.start_import(
                key=key,
                filename=file.name,
                by=email_of(request),
                dry_run=facts.get("dry_run", False),
                mapping=facts.get("mapping", {}),
            )
            return _answer(request, import_json(job, ()), status=202, Location=f"/imports/{job.id}")

        return once(request, str(request.user.pk), work)


class Imports(View):
    permission_classes = [ReadsCatalog]
    query_serializer = PageQuery

    @extend_schema(
        operation_id="list_imports",
        summary="All imports, the newest first",
        parameters=[PageQuery],
        responses={200: serializers.ImportPage} | problems(400, 401, 403),
    )
    def get(self, request: Request) -> Response:
        return Response(page(request, Import.objects.all(), ordering=["-id"], **self.query, present=brief_json))


class ImportDetail(View):
    permission_classes = [ReadsCatalog]

    @extend_schema(
        operation_id="read_import",
        summary="How far an import is, and which rows it rejected",
        parameters=[IF_NONE_MATCH],
        responses={200: serializers.ImportShape, 304: None} | problems(400, 401, 403, 404),
    )
    def get(self, request: Request, import_id: UUID) -> Response:
        job = queries.import_by_id(import_id)
        return _answer(request, import_json(job, job.rejected.order_by("row", "id")[:MAX_SHOWN]))


class ProductExport(View):
    permission_classes = [ReadsCatalog]
    renderer_classes: list[type[BaseRenderer]] = [JSONRenderer, CSVRenderer]
    query_serializer = serializers.ExportQuery

    @extend_schema(
        operation_id="export_products",
        summary="All products as CSV, one row per variant",
        parameters=[serializers.ExportQuery],
        responses={(200, "text/csv"): OpenApiResponse(OpenApiTypes.STR, "The columns that an import takes.")}
        | problems(400, 401, 403),
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        return export.response(**self.query)


def _answer(request: Request, body: dict[str, Any], *, status: int = 200, **headers: str) -> Response:
    return answer(request, body, etag_of(dumps(body)), status=status, **headers)
