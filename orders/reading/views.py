"""What happened to orders, and orders as a file, over HTTP. `/orders` and `/orders/{id}` are in `orders/views.py`."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import ReadsOrders, ReadsTheirOrders
from accounts.rights import Right, may
from api.pagination import PageQuery
from api.problems import Invalid
from api.renderers import JSONRenderer
from api.schema import problems
from api.spreadsheets import CSVRenderer
from api.views import View
from events.listing import newest_first
from orders.reading import export, queries, recorded, shapes
from orders.reading.serializers import EventsQuery, OrderFilters


class OrderExport(View):
    permission_classes = [ReadsOrders]
    query_serializer = OrderFilters
    renderer_classes: list[type[BaseRenderer]] = [JSONRenderer, CSVRenderer]

    @extend_schema(
        operation_id="export_orders",
        summary="Orders as CSV, one row each, newest first",
        parameters=[OrderFilters],
        responses={(200, "text/csv"): OpenApiResponse(OpenApiTypes.STR, ", ".join(export.COLUMNS))}
        | problems(400, 401, 403),
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        return export.response(queries.orders_matching(cast(User, request.user), **self.query))


class OrderEvents(View):
    permission_classes = [ReadsTheirOrders]
    query_serializer = EventsQuery

    @extend_schema(
        operation_id="list_order_events",
        summary="What happened to your orders, or for staff to everybody's, newest first",
        parameters=[EventsQuery],
        responses={200: shapes.EventPage} | problems(400, 401, 403),
    )
    def get(self, request: Request) -> Response:
        user = cast(User, request.user)
        if "email" in self.query and not may(user, Right.READ_ORDERS):
            raise Invalid("email", "not_allowed", "Only staff may look for the orders of others.")
        limit, cursor = self.query.pop("limit"), self.query.pop("cursor")
        return Response(
            newest_first(request, recorded.events_visible_to(user, **self.query), limit=limit, cursor=cursor)
        )


class EventsOfOrder(View):
    permission_classes = [ReadsTheirOrders]
    query_serializer = PageQuery

    @extend_schema(
        operation_id="list_events_of_order",
        summary="What happened to one order, newest first",
        parameters=[PageQuery],
        responses={200: shapes.EventPage} | problems(400, 401, 403, 404),
    )
    def get(self, request: Request, order_id: UUID) -> Response:
        queries.check_visible(cast(User, request.user), order_id)
        return Response(newest_first(request, recorded.events_of_order(order_id), **self.query))
