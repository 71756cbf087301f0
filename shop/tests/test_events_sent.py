"""What really arrives in a queue behind the EventBridge bus: each of the catalog's events, as its JSON Schema says."""

from __future__ import annotations

import json
import os
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from events import aws
from events.relay import Relay
from events.tests.conftest import wait_until
from events.tests.contract import check_message
from local.aws import provision
from shop.subscriptions import ROUTES

pytestmark = pytest.mark.django_db(transaction=True)
ClientOf = Callable[[User], APIClient]
WATCHER = "watcher"
TYPES = ("CategoryChanged", "ProductCreated", "ProductUpdated", "ProductDeleted", "StockChanged", "StockLow")


@pytest.fixture
def watched(settings: Settings) -> None:
    """A bus of the test's own, with one queue that gets all of the catalog's events."""
    name = f"sent-{uuid.uuid4().hex[:8]}"
    listens = {WATCHER: dict.fromkeys(TYPES, "")}
    made = provision(settings.AWS_ENDPOINT_URL, name=name, environment=os.environ, subscriptions=listens, routes=ROUTES)
    for setting in ("SNS_TOPIC_ARN", "EVENT_BUS_NAME", "QUEUE_URL_PREFIX"):
        setattr(settings, setting, made[setting])


@pytest.fixture
def relay(transactional_db: None, watched: None) -> Iterator[None]:
    relay = Relay()
    thread = threading.Thread(target=relay.run)
    thread.start()
    assert relay.active.wait(30)
    yield
    relay.stop.set()
    thread.join(30)
    assert not thread.is_alive()


def received(count: int) -> list[dict[str, Any]]:
    """That many messages, by their place in the log."""
    queue, found = aws.queue_url(WATCHER), {}

    def look() -> bool:
        answer = aws.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=2)
        for message in answer.get("Messages", []):
            event = json.loads(message["Body"])
            found[event["position"]] = event
        return len(found) >= count

    wait_until(look)
    return [found[position] for position in sorted(found)]


def test_each_event_of_the_catalog_arrives_as_its_schema_says(relay: None, client_of: ClientOf, staff: User) -> None:
    client = client_of(staff)
    client.post("/categories", {"name": "Küche"})
    variants = [{"sku": "MUG", "price": "12.90", "stock": 5, "low_stock": 4, "attributes": {"oven": True}}]
    body = {"code": "MUG", "name": "Becher ☕", "category": "kuche", "attributes": {"litres": 0.35}}
    made = client.post("/products", body | {"variants": variants})
    assert made.status_code == 201, made.content
    client.patch("/categories/kuche", {"name": "Kitchen"})
    changed = client.patch(made["Location"], {"name": "Mug", "category": None})
    client.post("/variants/MUG/stock", {"delta": -1, "reason": "broken"})
    client.delete(made["Location"])

    messages = received(6)

    for message in messages:
        check_message(message)
    assert [message["type"] for message in messages] == [
        "ProductCreated",
        "CategoryChanged",
        "ProductUpdated",
        "StockLow",
        "StockChanged",
        "ProductDeleted",
    ]
    assert messages[0]["data"]["product"] == made.json()
    assert messages[2]["data"]["product"] == changed.json()
    assert messages[2]["data"]["changed"] == ["name", "category"]
