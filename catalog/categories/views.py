"""The tree of categories over HTTP."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import StaffOrReadOnly
from api.etags import answer, etag_of
from api.idempotency import once
from api.pagination import PageQuery, page
from api.renderers import dumps
from api.schema import IDEMPOTENCY_KEY, IF_NONE_MATCH, WITH_OR_WITHOUT_SIGN_IN, problems
from api.serializers import parsed_body
from api.views import View
from catalog.categories import queries, serializers, services
from catalog.categories.presentation import category_json
from catalog.models import Category


class Categories(View):
    permission_classes = [StaffOrReadOnly]
    query_serializer = PageQuery

    @extend_schema(
        operation_id="list_categories",
        summary="All categories, by name",
        parameters=[PageQuery],
        responses={200: serializers.CategoryPage} | problems(400, 401),
        auth=WITH_OR_WITHOUT_SIGN_IN,
    )
    def get(self, request: Request) -> Response:
        rows = Category.objects.all()
        return Response(page(request, rows, ordering=["name", "id"], **self.query, present=category_json))

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
            category = services.create_category(**facts)
            body = category_json(category)
            return answer(request, body, etag_of(dumps(body)), status=201, Location=f"/categories/{category.id}")

        return once(request, str(request.user.pk), work)


class CategoryDetail(View):
    permission_classes = [StaffOrReadOnly]

    @extend_schema(
        operation_id="read_category",
        summary="One category",
        parameters=[IF_NONE_MATCH],
        responses={200: serializers.CategoryShape, 304: None} | problems(400, 401, 404),
        auth=WITH_OR_WITHOUT_SIGN_IN,
    )
    def get(self, request: Request, category_id: UUID) -> Response:
        body = category_json(queries.category_by_id(category_id=category_id))
        return answer(request, body, etag_of(dumps(body)))
