"""The OpenAPI document and what is really answered are one and the same shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework import serializers
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Variant
from orders.models import Order
from orders.placing.serializers import OrderInput
from orders.reading.shapes import EventPage, NewOrderShape, OrderShape
from orders.tests.conftest import ADDRESS, body_for, follow

ClientOf = Callable[[User], APIClient]


def shape_of(field: serializers.Field[Any, Any, Any, Any] | None) -> Any:
    """The names of a serializer's fields, nested; None for a plain value."""
    match field:
        case serializers.ListSerializer(child=child):
            return [shape_of(child)]
        case serializers.Serializer():
            return {name: shape_of(part) for name, part in field.fields.items()}
        case _:
            return None


def names_of(value: Any) -> Any:
    match value:
        case dict():
            return {name: names_of(part) for name, part in value.items()}
        case list():
            return [names_of(value[0])]
        case _:
            return None


def test_an_order_has_the_documented_shape(guest: APIClient, mug: Variant) -> None:
    body = body_for(("MUG", 1), email="g@example.com", billing_address=ADDRESS)
    placed = guest.post("/orders", body).json()
    follow(Order.objects.get(id=placed["id"]))
    read = guest.get(f"/orders/{placed['id']}", {"tracking_token": placed["tracking_token"]}).json()

    assert set(placed) == set(shape_of(NewOrderShape()))
    assert names_of(read) == shape_of(OrderShape())


def test_an_event_has_the_documented_shape(staff: User, client_of: ClientOf, mug: Variant) -> None:
    client = client_of(staff)
    client.post("/orders", body_for(("MUG", 1)))

    page = client.get("/orders/events").json()

    page["results"][0]["data"] = None  # `docs/schemas/` say what is in it
    assert names_of(page) == shape_of(EventPage())


@pytest.mark.django_db
def test_the_document_names_the_calls_and_what_they_take(guest: APIClient) -> None:
    schema = guest.get("/schema").json()

    paths = {path: set(calls) for path, calls in schema["paths"].items() if path.startswith("/orders")}
    assert paths == {
        "/orders": {"get", "post"},
        "/orders/events": {"get"},
        "/orders/export": {"get"},
        "/orders/{order_id}": {"get", "patch", "delete"},
        "/orders/{order_id}/events": {"get"},
        "/orders/{order_id}/confirm": {"post"},
        "/orders/{order_id}/ship": {"post"},
        "/orders/{order_id}/deliver": {"post"},
        "/orders/{order_id}/refund": {"post"},
        "/orders/{order_id}/cancel": {"post"},
        "/orders/{order_id}/notes": {"post"},
        "/orders/{order_id}/tracking-token": {"delete"},
    }
    taken = schema["components"]["schemas"]["OrderInputRequest"]
    assert set(taken["properties"]) == set(OrderInput().fields)
    assert set(taken["required"]) == {"items", "payment_method", "shipping"}
    post = schema["paths"]["/orders"]["post"]
    assert {"cognito": []} in post["security"]
    assert {} in post["security"]
    assert {"201", "400", "401", "403", "404", "409", "413", "415", "422", "429"} == set(post["responses"])
    assert "query_serializer" not in str(schema)
