"""The images of a product over HTTP."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import ChangesCatalog
from api.idempotency import once
from api.multipart import StrictMultiPartParser
from api.problems import BodyTooLarge
from api.schema import IDEMPOTENCY_KEY, IF_MATCH, problems
from api.serializers import parsed_body
from api.views import View
from catalog.images import serializers, services
from catalog.images.pictures import MAX_BYTES
from catalog.models import ProductImage
from catalog.products import queries, shapes
from catalog.products.presentation import product_json
from catalog.products.views import NAME, email_of, unless_overtaken

IMAGE_ID = OpenApiParameter("image_id", str, OpenApiParameter.PATH)


class ProductImages(View):
    permission_classes = [ChangesCatalog]
    parser_classes: list[type[BaseParser]] = [StrictMultiPartParser]
    max_body = MAX_BYTES + 64 * 1024  # beside the image: the other parts, and what is between them

    @extend_schema(
        operation_id="add_image",
        summary="Give a product one more image",
        parameters=[NAME, IDEMPOTENCY_KEY, IF_MATCH],
        request={"multipart/form-data": serializers.NewImage},
        responses={201: shapes.ImageShape}
        | problems(
            401,
            403,
            404,
            412,
            413,
            415,
            422,
            503,
            s400="bad_image, invalid_multipart, validation_error",
            s409="too_many_images, idempotency_key_in_flight",
        ),
    )
    def post(self, request: Request, name: str) -> Response:
        facts = parsed_body(request, serializers.NewImage)
        product = queries.visible_product(name=name, user=request.user)
        file = facts.pop("image")
        if file.size > MAX_BYTES:
            raise BodyTooLarge
        # Stored before the transaction that `once` opens. A request that came again attaches nothing, and what was
        # stored for it is deleted at the end of the block.
        with services.uploaded(product_id=product.id, content=file.read()) as upload:

            def work() -> Response:
                image = services.attach(
                    upload, **facts, by=email_of(request), unless_overtaken=unless_overtaken(request)
                )
                return Response(_shown(image), status=201)

            return once(request, str(request.user.pk), work)


class ProductImageDetail(View):
    permission_classes = [ChangesCatalog]

    @extend_schema(
        operation_id="change_image",
        summary="Change an image's text, or its place among the product's",
        parameters=[NAME, IMAGE_ID, IF_MATCH],
        request=serializers.ImageChange,
        responses={200: shapes.ImageShape} | problems(400, 401, 403, 404, 412, 413, 415),
    )
    def patch(self, request: Request, name: str, image_id: Any) -> Response:
        facts = parsed_body(request, serializers.ImageChange)
        product = queries.visible_product(name=name, user=request.user)
        with transaction.atomic(durable=True):
            image = services.change_image(
                product_id=product.id,
                image_id=image_id,
                **facts,
                by=email_of(request),
                unless_overtaken=unless_overtaken(request),
            )
            return Response(_shown(image))

    @extend_schema(
        operation_id="delete_image",
        summary="Take an image away from a product",
        parameters=[NAME, IMAGE_ID, IF_MATCH],
        responses={204: None} | problems(401, 403, 404, 412),
    )
    def delete(self, request: Request, name: str, image_id: Any) -> Response:
        product = queries.visible_product(name=name, user=request.user)
        services.remove_image(
            product_id=product.id,
            image_id=image_id,
            by=email_of(request),
            unless_overtaken=unless_overtaken(request),
        )
        return Response(status=204)


def _shown(image: ProductImage) -> dict[str, Any]:
    """The image as its product shows it."""
    images: list[dict[str, Any]] = product_json(image.product)["images"]
    return next(one for one in images if one["id"] == str(image.id))
