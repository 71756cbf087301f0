"""Confirm, ship and deliver over HTTP."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import ChangesOrders
from api.schema import IDEMPOTENCY_KEY, IF_MATCH, problems
from api.serializers import parsed_body
from api.views import View
from orders import units
from orders.answers import MOVE_REFUSED, moved
from orders.fulfilment import services
from orders.fulfilment.serializers import NothingInput, ShipInput
from orders.reading.shapes import OrderShape

REFUSED = {"s400": "validation_error, invalid_json, duplicate_sku"}


class ConfirmOrder(View):
    permission_classes = [ChangesOrders]

    @extend_schema(
        operation_id="confirm_order",
        summary="Accept a pending order: the invoice follows",
        parameters=[IDEMPOTENCY_KEY, IF_MATCH],
        request=None,
        responses={200: OrderShape} | problems(400, 401, 403, 404, 412, 413, 415, **MOVE_REFUSED),
    )
    def post(self, request: Request, order_id: UUID) -> Response:
        parsed_body(request, NothingInput)
        return moved(request, partial(services.confirm_order, order_id=order_id))


class ShipOrder(View):
    permission_classes = [ChangesOrders]

    @extend_schema(
        operation_id="ship_order",
        summary="Send a parcel, with all that is left or a part; the last one makes the order shipped",
        parameters=[IDEMPOTENCY_KEY, IF_MATCH],
        request=ShipInput,
        responses={200: OrderShape} | problems(401, 403, 404, 412, 413, 415, **REFUSED, **MOVE_REFUSED),
    )
    def post(self, request: Request, order_id: UUID) -> Response:
        parcel = parsed_body(request, ShipInput)
        if "items" in parcel:
            parcel["items"] = units.by_sku(parcel["items"], "items")
        return moved(request, partial(services.ship_order, order_id=order_id, **parcel))


class DeliverOrder(View):
    permission_classes = [ChangesOrders]

    @extend_schema(
        operation_id="deliver_order",
        summary="Note that a shipped order has arrived",
        parameters=[IDEMPOTENCY_KEY, IF_MATCH],
        request=None,
        responses={200: OrderShape} | problems(400, 401, 403, 404, 412, 413, 415, **MOVE_REFUSED),
    )
    def post(self, request: Request, order_id: UUID) -> Response:
        parsed_body(request, NothingInput)
        return moved(request, partial(services.deliver_order, order_id=order_id))
