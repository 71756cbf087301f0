"""Refund over HTTP."""

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
from orders.reading.shapes import OrderShape
from orders.refunds import services
from orders.refunds.serializers import RefundInput

REFUSED = {"s400": "validation_error, invalid_json, duplicate_sku, refund_too_large"}


class RefundOrder(View):
    permission_classes = [ChangesOrders]

    @extend_schema(
        operation_id="refund_order",
        summary="Give money back, all that is left or a part; the last part makes the order refunded",
        parameters=[IDEMPOTENCY_KEY, IF_MATCH],
        request=RefundInput,
        responses={200: OrderShape} | problems(401, 403, 404, 412, 413, 415, **REFUSED, **MOVE_REFUSED),
    )
    def post(self, request: Request, order_id: UUID) -> Response:
        refund = parsed_body(request, RefundInput)
        if "restock" in refund:
            refund["restock"] = units.by_sku(refund["restock"], "restock")
        return moved(request, partial(services.refund_order, order_id=order_id, **refund))
