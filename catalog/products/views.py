"""Products over HTTP: parse, call one service or query, answer."""

from __future__ import annotations

from typing import Any, cast

import orjson
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import lacking
from accounts.rights import Right, may
from api.etags import check_version, versioned_etag
from api.idempotency import once
from api.problems import Problem
from api.schema import IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH, WITH_OR_WITHOUT_SIGN_IN, problems
from api.serializers import parsed_body
from api.views import View
from catalog import freshness
from catalog.models import Product
from catalog.permissions import Catalog
from catalog.products import bulk, queries, serializers, services, shapes, window
from catalog.products.presentation import product_texts
from catalog.products.services import Check

TAKEN = {"s409": "code_taken, sku_taken, slug_taken, idempotency_key_in_flight"}
ATTRIBUTES = OpenApiParameter(
    "attr.{name}", str, OpenApiParameter.QUERY, description="An attribute of the product or of a variant: its value."
)
NAME = OpenApiParameter("name", str, OpenApiParameter.PATH, description="Its id, its slug, or one that it once had.")


class Products(View):
    permission_classes = [Catalog]
    query_serializer = serializers.ProductQuery

    @extend_schema(
        operation_id="list_products",
        summary="The products that are for sale",
        parameters=[serializers.ProductQuery, ATTRIBUTES, IF_NONE_MATCH],
        responses={200: shapes.ProductPage, 304: None} | problems(400, 401, 403),
        auth=WITH_OR_WITHOUT_SIGN_IN,
    )
    def get(self, request: Request) -> HttpResponse:
        staff = is_staff(request)
        if "status" in self.query and not staff:
            raise lacking(request.user, Right.READ_CATALOG) or Problem(
                "Only staff may ask for a status.", status=403, code="permission_denied"
            )
        http = request._request
        answer = freshness.for_staff if staff else freshness.public
        return answer(http, lambda: (window.list_body(http, self.query), 0))

    @extend_schema(
        operation_id="create_product",
        summary="Make a product, with one variant or several",
        parameters=[IDEMPOTENCY_KEY],
        request=serializers.NewProduct,
        responses={201: shapes.ProductShape} | problems(400, 401, 403, 413, 415, 422, **TAKEN),
    )
    def post(self, request: Request) -> Response:
        facts = parsed_body(request, serializers.NewProduct)

        def work() -> Response:
            product = services.create_product(**facts, by=email_of(request))
            return product_answer(product, status=201, Location=f"/products/{product.id}")

        return once(request, str(request.user.pk), work)


class ProductDetail(View):
    permission_classes = [Catalog]
    query_serializer = serializers.Chosen

    @extend_schema(
        operation_id="read_product",
        summary="One product",
        parameters=[NAME, serializers.Chosen, IF_NONE_MATCH],
        responses={200: shapes.ChosenProduct, 304: None} | problems(400, 401, 403, 404),
        auth=WITH_OR_WITHOUT_SIGN_IN,
    )
    def get(self, request: Request, name: str) -> HttpResponse:
        answer = freshness.for_staff if is_staff(request) else freshness.public
        return answer(request._request, lambda: window.product_body(name, self.query, request.user))

    @extend_schema(
        operation_id="replace_product",
        summary="Write the whole product anew, but for its stock",
        parameters=[NAME, IF_MATCH],
        request=serializers.ReplacedProduct,
        responses={200: shapes.ProductShape} | problems(400, 401, 403, 404, 412, 413, 415, **TAKEN),
    )
    def put(self, request: Request, name: str) -> Response:
        return self._change(request, name, parsed_body(request, serializers.ReplacedProduct))

    @extend_schema(
        operation_id="change_product",
        summary="Change some fields of a product",
        parameters=[NAME, IF_MATCH],
        request=serializers.ProductChange,
        responses={200: shapes.ProductShape} | problems(400, 401, 403, 404, 412, 413, 415, **TAKEN),
    )
    def patch(self, request: Request, name: str) -> Response:
        return self._change(request, name, parsed_body(request, serializers.ProductChange))

    @extend_schema(
        operation_id="delete_product",
        summary="Take a product away; one that was ever ordered is archived",
        parameters=[NAME, IF_MATCH],
        responses={204: None} | problems(401, 403, 404, 412),
    )
    def delete(self, request: Request, name: str) -> Response:
        product = queries.visible_product(name=name, user=request.user)
        services.delete_product(product_id=product.id, by=email_of(request), unless_overtaken=unless_overtaken(request))
        return Response(status=204)

    @staticmethod
    def _change(request: Request, name: str, facts: dict[str, Any]) -> Response:
        product = queries.visible_product(name=name, user=request.user)
        with transaction.atomic(durable=True):
            changed = services.update_product(
                product_id=product.id, facts=facts, by=email_of(request), unless_overtaken=unless_overtaken(request)
            )
            return product_answer(changed)


class BulkProducts(View):
    permission_classes = [Catalog]

    @extend_schema(
        operation_id="change_products",
        summary="Change up to 100 products, all or none",
        parameters=[IDEMPOTENCY_KEY],
        request=serializers.BulkChange,
        responses={200: shapes.BulkAnswer} | problems(400, 401, 403, 413, 415, 422, s409="idempotency_key_in_flight"),
    )
    def post(self, request: Request) -> Response:
        changes = parsed_body(request, serializers.BulkChange)["changes"]

        def work() -> Response:
            return Response({"results": bulk.change_products(changes=changes, by=email_of(request))})

        return once(request, str(request.user.pk), work)


def product_answer(product: Product, *, status: int = 200, **headers: str) -> Response:
    """A product after a change, with the ETag that a GET of it would have."""
    text = product_texts([product.id])[product.id]
    etag = versioned_etag(product.version, text.encode())
    return Response(orjson.loads(text), status=status, headers={"ETag": etag, **headers})


def unless_overtaken(request: Request) -> Check:
    given = request.headers.get("If-Match", "")
    return lambda product: check_version(given, product.version)


def is_staff(request: Request | HttpRequest) -> bool:
    return may(request.user, Right.READ_CATALOG)


def email_of(request: Request) -> str:
    return cast(User, request.user).email
