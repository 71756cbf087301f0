"""The catalog over HTTP: parse, call one service or query, answer."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import StaffOnly, StaffOrReadOnly
from api.etags import answer, etag_of
from api.idempotency import once
from api.pagination import PageQuery, page
from api.renderers import dumps
from api.schema import IDEMPOTENCY_KEY, IF_NONE_MATCH, WITH_OR_WITHOUT_SIGN_IN, problems
from api.serializers import parsed_body
from api.views import View
from catalog import queries, serializers, services, stock
from catalog.models import Category, canonical_sku
from catalog.presentation import category_json, product_json, variant_json

TAKEN = {"s409": "code_taken, sku_taken, idempotency_key_in_flight"}


class Products(View):
    permission_classes = [StaffOrReadOnly]
    query_serializer = serializers.ProductQuery

    @extend_schema(
        operation_id="list_products",
        summary="The products that are for sale",
        parameters=[serializers.ProductQuery],
        responses={200: serializers.ProductPage} | problems(400, 401),
        auth=WITH_OR_WITHOUT_SIGN_IN,
    )
    def get(self, request: Request) -> Response:
        filters = dict(self.query)
        ordering, limit, cursor = (filters.pop(name) for name in ("ordering", "limit", "cursor"))
        rows = queries.products_for_sale(**filters)
        order = [ordering, "-id" if ordering.startswith("-") else "id"]
        return Response(page(request, rows, ordering=order, limit=limit, cursor=cursor, present=product_json))

    @extend_schema(
        operation_id="create_product",
        summary="Make a product, with one variant or several",
        parameters=[IDEMPOTENCY_KEY],
        request=serializers.NewProduct,
        responses={201: serializers.ProductShape} | problems(400, 401, 403, 413, 415, 422, **TAKEN),
    )
    def post(self, request: Request) -> Response:
        facts = parsed_body(request, serializers.NewProduct)

        def work() -> Response:
            product = services.create_product(**facts, by=_email(request))
            body = product_json(product)
            return answer(request, body, etag_of(dumps(body)), status=201, Location=f"/products/{product.id}")

        return once(request, str(request.user.pk), work)


class ProductDetail(View):
    permission_classes = [StaffOrReadOnly]

    @extend_schema(
        operation_id="read_product",
        summary="One product",
        parameters=[IF_NONE_MATCH],
        responses={200: serializers.ProductShape, 304: None} | problems(400, 401, 404),
        auth=WITH_OR_WITHOUT_SIGN_IN,
    )
    def get(self, request: Request, product_id: UUID) -> Response:
        body = product_json(queries.visible_product(product_id=product_id, user=request.user))
        return answer(request, body, etag_of(dumps(body)))


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


class VariantStock(View):
    permission_classes = [StaffOnly]

    @extend_schema(
        operation_id="change_stock",
        summary="Set a variant's stock right, with a line in the ledger",
        parameters=[OpenApiParameter("sku", str, OpenApiParameter.PATH), IDEMPOTENCY_KEY],
        request=serializers.StockChange,
        responses={200: serializers.VariantShape}
        | problems(
            400, 401, 403, 404, 413, 415, 422, s409="insufficient_stock, stock_too_large, idempotency_key_in_flight"
        ),
    )
    def post(self, request: Request, sku: str) -> Response:
        change = parsed_body(request, serializers.StockChange)

        def work() -> Response:
            variant = stock.adjust(sku=canonical_sku(sku), **change, by=_email(request))
            return Response(variant_json(variant, variant.product.currency))

        return once(request, str(request.user.pk), work)


def _email(request: Request) -> str:
    return cast(User, request.user).email
