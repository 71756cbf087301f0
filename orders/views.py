"""`/orders` and `/orders/{id}` over HTTP. The calls that move an order on stand in the rooms."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import (
    ChangesOrders,
    ChangesTheirOrders,
    GuestPlacesOrders,
    GuestReadsTheirOrders,
    ReadsTheirOrders,
)
from accounts.rights import Right, may
from api import metrics, tracing
from api.context import note
from api.etags import answer
from api.idempotency import guest_caller, once
from api.problems import Invalid
from api.schema import IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH, WITH_OR_WITHOUT_SIGN_IN, problems
from api.serializers import parsed_body
from api.views import View
from catalog.errors import OutOfStock, ProductNotFound
from orders import tracking
from orders.answers import caller_of, changed, unless_overtaken
from orders.cancelling.services import delete_order
from orders.editing.serializers import OrderChange
from orders.editing.services import change_addresses
from orders.errors import PriceChanged
from orders.metrics import ORDERS, REFUSALS
from orders.placing import services
from orders.placing.serializers import OrderInput
from orders.reading import queries, shapes
from orders.reading.listing import page_of_orders
from orders.reading.presentation import order_etag, order_json
from orders.reading.serializers import OrdersQuery, TrackingQuery
from orders.refusals.services import record_rejection

REFUSED = {
    "s400": "validation_error, invalid_json, duplicate_sku, mixed_currencies, currency_not_supported",
    "s404": "product_not_found",
    "s409": "out_of_stock (with items), price_changed, idempotency_key_in_flight",
    "s422": "idempotency_key_reused",
}


class Orders(View):
    query_serializer = OrdersQuery

    def get_permissions(self) -> list[Any]:
        return [GuestPlacesOrders() if self.request.method == "POST" else ReadsTheirOrders()]

    @extend_schema(
        operation_id="list_orders",
        summary="Your orders, or for staff everybody's, newest first",
        parameters=[OrdersQuery],
        responses={200: shapes.OrderPage} | problems(400, 401, 403),
    )
    def get(self, request: Request) -> Response:
        user = cast(User, request.user)
        if "email" in self.query and not may(user, Right.READ_ORDERS):
            raise Invalid("email", "not_allowed", "Only staff may look for the orders of others.")
        return Response(page_of_orders(request, user, **self.query))

    @extend_schema(
        operation_id="place_order",
        summary="Order, as a customer or as a guest with an e-mail address",
        parameters=[IDEMPOTENCY_KEY],
        request=OrderInput,
        responses={201: shapes.NewOrderShape} | problems(401, 403, 413, 415, **REFUSED),
        auth=WITH_OR_WITHOUT_SIGN_IN,
    )
    def post(self, request: Request) -> Response:
        by = caller_of(request)
        facts = parsed_body(request, OrderInput)
        items = [(item["sku"], item["quantity"]) for item in facts.pop("items")]
        shipping = facts.pop("shipping")
        caller = str(by.pk) if by else guest_caller(facts.get("email", ""))

        def work() -> Response:
            with tracing.span("place_order", {"lines": len(items)}):
                order = services.place_order(
                    by=by,
                    items=items,
                    shipping_method=shipping["method"],
                    shipping_address=shipping["address"],
                    **facts,
                )
            note(order_id=str(order.id))
            body = order_json(order, by)
            if order.customer_id is None:
                body |= tracking.token_fields(order)
            return answer(request, body, order_etag(order, by), status=201, Location=f"/orders/{order.id}")

        try:
            response = once(request, caller, work)
        except (ProductNotFound, OutOfStock, PriceChanged) as refusal:
            record_rejection(refusal=refusal, items=items)
            metrics.put(REFUSALS, of=refusal.code)
            raise
        if "Idempotency-Replayed" not in response:
            metrics.put(ORDERS)
        return response


class OrderDetail(View):
    query_serializer = TrackingQuery

    def get_permissions(self) -> list[Any]:
        special = {"PATCH": ChangesTheirOrders, "DELETE": ChangesOrders}
        return [special.get(str(self.request.method), GuestReadsTheirOrders)()]

    @extend_schema(
        operation_id="read_order",
        summary="One order: your own, any for staff, or as a guest by the tracking token",
        parameters=[TrackingQuery, IF_NONE_MATCH],
        responses={200: shapes.OrderShape, 304: None} | problems(400, 401, 403, 404),
        auth=WITH_OR_WITHOUT_SIGN_IN,
    )
    def get(self, request: Request, order_id: UUID) -> Response:
        user, token = caller_of(request), self.query.get("tracking_token")
        if token is not None:
            order = queries.order_tracked_by(token, order_id)
        elif user is not None:
            order = queries.order_visible_to(user, order_id)
        else:
            raise NotAuthenticated
        return answer(request, order_json(order, user), order_etag(order, user))

    @extend_schema(
        operation_id="change_order",
        summary="Change an order's addresses: your own while it is pending, staff until a part of it is shipped",
        parameters=[IF_MATCH],
        request=OrderChange,
        responses={200: shapes.OrderShape}
        | problems(400, 401, 403, 404, 412, 413, 415, s409="address_frozen, country_change_not_allowed"),
    )
    def patch(self, request: Request, order_id: UUID) -> Response:
        user, change = cast(User, request.user), parsed_body(request, OrderChange)
        with transaction.atomic(durable=True):
            order = change_addresses(
                order_id=order_id,
                by=user,
                shipping=change["shipping"]["address"] if "shipping" in change else None,
                billing=change.get("billing_address", ...),
                check=unless_overtaken(request, user),
            )
            return changed(request, order, user)

    @extend_schema(
        operation_id="delete_order",
        summary="Cancel an order and take it out of sight",
        parameters=[IF_MATCH],
        responses={204: None} | problems(401, 403, 404, 412, s409="order_transition_not_allowed"),
    )
    def delete(self, request: Request, order_id: UUID) -> Response:
        user = cast(User, request.user)
        with transaction.atomic(durable=True):
            delete_order(order_id=order_id, by=user, check=unless_overtaken(request, user))
        return Response(status=204)
