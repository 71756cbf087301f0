"""The tree of categories over HTTP."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.etags import check_version, versioned_etag
from api.idempotency import once
from api.pagination import PageQuery, page
from api.renderers import dumps
from api.schema import IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH, WITH_OR_WITHOUT_SIGN_IN, problems
from api.serializers import parsed_body
from api.views import View
from catalog import freshness
from catalog.categories import queries, serializers, services
from catalog.categories.presentation import category_json
from catalog.models import Category
from catalog.permissions import Catalog
from catalog.products.views import email_of

NAME = OpenApiParameter("name", str, OpenApiParameter.PATH, description="Its id or its slug.")


class Categories(View):
    permission_classes = [Catalog]
    query_serializer = PageQuery

    @extend_schema(
        operation_id="list_categories",
        summary="All categories, by name",
        parameters=[PageQuery, IF_NONE_MATCH],
        responses={200: serializers.CategoryPage, 304: None} | problems(400, 401, 403),
        auth=WITH_OR_WITHOUT_SIGN_IN,
    )
    def get(self, request: Request) -> HttpResponse:
        def make() -> tuple[bytes, int]:
            rows = queries.categories()
            return dumps(page(request, rows, ordering=["name", "id"], **self.query, present=category_json)), 0

        return freshness.public(request._request, make)

    @extend_schema(
        operation_id="create_category",
        summary="Make a category",
        parameters=[IDEMPOTENCY_KEY],
        request=serializers.NewCategory,
        responses={201: serializers.CategoryShape}
        | problems(400, 401, 403, 413, 415, 422, s409="slug_taken, idempotency_key_in_flight"),
    )
    def post(self, request: Request) -> Response:
        facts = parsed_body(request, serializers.NewCategory)

        def work() -> Response:
            category = services.create_category(**facts, by=email_of(request))
            return _answer(category, status=201, Location=f"/categories/{category.id}")

        return once(request, str(request.user.pk), work)


class CategoryDetail(View):
    permission_classes = [Catalog]

    @extend_schema(
        operation_id="read_category",
        summary="One category",
        parameters=[NAME, IF_NONE_MATCH],
        responses={200: serializers.CategoryShape, 304: None} | problems(400, 401, 403, 404),
        auth=WITH_OR_WITHOUT_SIGN_IN,
    )
    def get(self, request: Request, name: str) -> HttpResponse:
        def make() -> tuple[bytes, int]:
            category = queries.category_at(name)
            return dumps(category_json(category)), category.version

        return freshness.public(request._request, make)

    @extend_schema(
        operation_id="replace_category",
        summary="Write the whole category anew, with what it defines",
        parameters=[NAME, IF_MATCH],
        request=serializers.NewCategory,
        responses={200: serializers.CategoryShape} | problems(400, 401, 403, 404, 412, 413, 415, s409="slug_taken"),
    )
    def put(self, request: Request, name: str) -> Response:
        return self._change(request, name, parsed_body(request, serializers.NewCategory))

    @extend_schema(
        operation_id="change_category",
        summary="Rename a category, move its branch, or change what it defines",
        parameters=[NAME, IF_MATCH],
        request=serializers.CategoryChange,
        responses={200: serializers.CategoryShape} | problems(400, 401, 403, 404, 412, 413, 415, s409="slug_taken"),
    )
    def patch(self, request: Request, name: str) -> Response:
        return self._change(request, name, parsed_body(request, serializers.CategoryChange))

    @extend_schema(
        operation_id="delete_category",
        summary="Take an empty category away",
        parameters=[NAME, IF_MATCH],
        responses={204: None} | problems(401, 403, 404, 412, s409="category_in_use"),
    )
    def delete(self, request: Request, name: str) -> Response:
        category = queries.category_at(name)
        services.delete_category(
            category_id=category.id, by=email_of(request), unless_overtaken=_unless_overtaken(request)
        )
        return Response(status=204)

    @staticmethod
    def _change(request: Request, name: str, facts: dict[str, Any]) -> Response:
        category = queries.category_at(name)
        with transaction.atomic(durable=True):
            return _answer(
                services.update_category(
                    category_id=category.id,
                    facts=facts,
                    by=email_of(request),
                    unless_overtaken=_unless_overtaken(request),
                )
            )


def _answer(category: Category, *, status: int = 200, **headers: str) -> Response:
    """A category after a change, with the ETag that a GET of it would have."""
    body = category_json(category)
    return Response(body, status=status, headers={"ETag": versioned_etag(category.version, dumps(body)), **headers})


def _unless_overtaken(request: Request) -> services.Check:
    given = request.headers.get("If-Match", "")
    return lambda category: check_version(given, category.version)
