"""Notes and tracking links over HTTP. Addresses are changed by a PATCH of the order, see `orders/views.py`."""

from __future__ import annotations

from functools import partial
from typing import cast
from uuid import UUID

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import ChangesOrders
from api.schema import IDEMPOTENCY_KEY, IF_MATCH, problems
from api.serializers import parsed_body
from api.views import View
from orders.answers import moved, unless_overtaken
from orders.editing import services
from orders.editing.serializers import NoteInput
from orders.reading.shapes import OrderShape

REFUSED = {"s409": "too_many_notes, idempotency_key_in_flight", "s422": "idempotency_key_reused"}


class OrderNotes(View):
    permission_classes = [ChangesOrders]

    @extend_schema(
        operation_id="add_order_note",
        summary="Write something down about an order, for staff alone or for its buyer too",
        parameters=[IDEMPOTENCY_KEY, IF_MATCH],
        request=NoteInput,
        responses={200: OrderShape} | problems(400, 401, 403, 404, 412, 413, 415, **REFUSED),
    )
    def post(self, request: Request, order_id: UUID) -> Response:
        note = parsed_body(request, NoteInput)
        return moved(request, partial(services.add_note, order_id=order_id, **note))


class TrackingToken(View):
    permission_classes = [ChangesOrders]

    @extend_schema(
        operation_id="revoke_tracking_token",
        summary="Shut out whoever has a tracking token of the order",
        parameters=[IF_MATCH],
        responses={204: None} | problems(401, 403, 404, 412),
    )
    def delete(self, request: Request, order_id: UUID) -> Response:
        user = cast(User, request.user)
        with transaction.atomic(durable=True):
            services.revoke_tracking(order_id=order_id, by=user, check=unless_overtaken(request, user))
        return Response(status=204)
