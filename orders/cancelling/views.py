"""Cancel over HTTP."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import ChangesTheirOrders
from api.schema import IDEMPOTENCY_KEY, IF_MATCH, problems
from api.serializers import parsed_body
from api.views import View
from orders.answers import MOVE_REFUSED, moved
from orders.cancelling import services
from orders.cancelling.serializers import CancelInput
from orders.reading.shapes import OrderShape


class CancelOrder(View):
    permission_classes = [ChangesTheirOrders]

    @extend_schema(
        operation_id="cancel_order",
        summary="Call an order off: your own while it is pending, staff until it is shipped",
        parameters=[IDEMPOTENCY_KEY, IF_MATCH],
        request=CancelInput,
        responses={200: OrderShape} | problems(400, 401, 403, 404, 412, 413, 415, **MOVE_REFUSED),
    )
    def post(self, request: Request, order_id: UUID) -> Response:
        reason = parsed_body(request, CancelInput)["reason"]
        return moved(request, partial(services.cancel_order, order_id=order_id, reason=reason))
