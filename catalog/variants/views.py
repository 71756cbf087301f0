"""Variants and their stock over HTTP."""

from __future__ import annotations

from django.db import transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import ChangesCatalog
from api.idempotency import once
from api.schema import IDEMPOTENCY_KEY, IF_MATCH, problems
from api.serializers import parsed_body
from api.views import View
from catalog import stock
from catalog.models import Variant
from catalog.models.fields import canonical_sku
from catalog.products import queries, serializers, shapes
from catalog.products.presentation import product_json
from catalog.products.views import NAME, email_of, unless_overtaken
from catalog.variants import services

SKU = OpenApiParameter("sku", str, OpenApiParameter.PATH)


class ProductVariants(View):
    permission_classes = [ChangesCatalog]

    @extend_schema(
        operation_id="add_variant",
        summary="Give a product one more variant",
        parameters=[NAME, IDEMPOTENCY_KEY],
        request=serializers.AddedVariant,
        responses={201: shapes.VariantShape}
        | problems(400, 401, 403, 404, 413, 415, 422, s409="sku_taken, idempotency_key_in_flight"),
    )
    def post(self, request: Request, name: str) -> Response:
        facts = parsed_body(request, serializers.AddedVariant)["facts"]
        product = queries.visible_product(name=name, user=request.user)

        def work() -> Response:
            variant = services.add_variant(
                product_id=product.id, facts=facts, by=email_of(request), unless_overtaken=unless_overtaken(request)
            )
            return _answer(variant, status=201)

        return once(request, str(request.user.pk), work)


class VariantDetail(View):
    permission_classes = [ChangesCatalog]

    @extend_schema(
        operation_id="change_variant",
        summary="Change a variant, but for its stock",
        parameters=[SKU, IF_MATCH],
        request=serializers.VariantChange,
        responses={200: shapes.VariantShape} | problems(400, 401, 403, 404, 412, 413, 415, s409="sku_taken"),
    )
    def patch(self, request: Request, sku: str) -> Response:
        facts = parsed_body(request, serializers.VariantChange)
        with transaction.atomic(durable=True):
            return _answer(
                services.update_variant(
                    sku=sku, facts=facts, by=email_of(request), unless_overtaken=unless_overtaken(request)
                )
            )

    @extend_schema(
        operation_id="delete_variant",
        summary="Take a variant away that was never ordered",
        parameters=[SKU, IF_MATCH],
        responses={204: None} | problems(401, 403, 404, 412, s409="last_variant, variant_ordered"),
    )
    def delete(self, request: Request, sku: str) -> Response:
        services.delete_variant(sku=sku, by=email_of(request), unless_overtaken=unless_overtaken(request))
        return Response(status=204)


class VariantStock(View):
    permission_classes = [ChangesCatalog]

    @extend_schema(
        operation_id="change_stock",
        summary="Set a variant's stock right, with a line in the ledger",
        parameters=[SKU, IDEMPOTENCY_KEY],
        request=serializers.StockChange,
        responses={200: shapes.VariantShape}
        | problems(
            400, 401, 403, 404, 413, 415, 422, s409="insufficient_stock, stock_too_large, idempotency_key_in_flight"
        ),
    )
    def post(self, request: Request, sku: str) -> Response:
        change = parsed_body(request, serializers.StockChange)

        def work() -> Response:
            return _answer(stock.adjust(sku=canonical_sku(sku), **change, by=email_of(request)))

        return once(request, str(request.user.pk), work)


def _answer(variant: Variant, *, status: int = 200) -> Response:
    """The variant as its product shows it. `If-Match` on a variant takes the product's ETag."""
    body = next(one for one in product_json(variant.product)["variants"] if one["sku"] == variant.sku)
    return Response(body, status=status)
