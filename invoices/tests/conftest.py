"""What the tests of invoices and mails have in common: orders made and confirmed over HTTP, and events delivered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings as shop_settings
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from catalog.products.services import VariantFacts, create_product
from events import aws
from events.models import Event
from events.tests.delivering import deliver
from invoices.models import Invoice
from orders.models import Order
from orders.tests.conftest import ADDRESS, body_for

ClientOf = Callable[[User], APIClient]
PlaceOrder = Callable[..., Order]
Confirm = Callable[[Order], Event]
IssueFor = Callable[..., Invoice]


def the_event(kind: str, order: Order) -> Event:
    return Event.objects.get(type=kind, data__order_id=str(order.id))


@pytest.fixture
def shelf(db: None) -> None:
    """A mug at 19 % and a book at 7 %."""
    for sku, name, price, rate in (("MUG", "Stoneware mug", "12.90", "19"), ("BOOK", "Harbour tales", "24.99", "7")):
        create_product(
            code=sku,
            name=name,
            variants=[VariantFacts(sku=sku, price=Decimal(price), stock=1000)],
            tax_rate=Decimal(rate),
            by="test",
        )


@pytest.fixture
def place(shelf: None, customer: User, client_of: ClientOf) -> PlaceOrder:
    """Places an order over HTTP: `place(("MUG", 2), by=customer, name="Ann")`; with `email` it is a guest's."""

    def make(*items: tuple[str, int], by: User | None = None, name: str = "", **changes: Any) -> Order:
        client = APIClient() if "email" in changes else client_of(by or customer)
        address = ADDRESS | {"name": name or ADDRESS["name"]}
        shipping = {"method": changes.pop("method", "economic"), "address": address}
        body = body_for(*(items or (("MUG", 2), ("BOOK", 1))), **{"shipping": shipping} | changes)
        answer = client.post("/orders", body, format="json")
        assert answer.status_code == 201, answer.content
        order = Order.objects.get(id=UUID(answer.json()["id"]))
        order.tracking_token = answer.json().get("tracking_token")  # type: ignore[attr-defined]  # for the tests of guests
        return order

    return make


@pytest.fixture
def confirm(staff: User, client_of: ClientOf) -> Confirm:
    """Has staff confirm the order, and returns the event that tells of it."""

    def make(order: Order) -> Event:
        answer = client_of(staff).post(f"/orders/{order.id}/confirm")
        assert answer.status_code == 200, answer.content
        return the_event("OrderConfirmed", order)

    return make


@pytest.fixture
def issue_for(place: PlaceOrder, confirm: Confirm) -> IssueFor:
    """An order placed (see `place`), confirmed, and its invoice issued and stored."""

    def make(*items: tuple[str, int], **changes: Any) -> Invoice:
        order = place(*items, **changes)
        deliver(confirm(order), "invoices")
        return Invoice.objects.get(order=order)

    return make


@pytest.fixture
def outage(settings: Settings) -> Iterator[Callable[[bool], None]]:
    """`outage(True)` takes S3 away (nothing listens at its address), `outage(False)` brings it back."""
    there = settings.AWS_ENDPOINT_URL

    def switch(down: bool) -> None:
        settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9" if down else there

    yield switch
    switch(False)


def objects_under(prefix: str) -> list[str]:
    """The keys in the bucket that begin with `prefix`."""
    found = aws.client("s3").list_objects_v2(Bucket=shop_settings.S3_BUCKET, Prefix=prefix)
    return [row["Key"] for row in found.get("Contents", [])]
