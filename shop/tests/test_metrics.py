"""Every metric that there is, is counted where it happens: web, worker, relay, beat's tasks and live process."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from api.metrics import REGISTRY
from events.models import Event
from events.relay import Relay
from events.tests.conftest import wait_until
from events.tests.delivering import deliver
from invoices.tasks import measure as measure_documents
from notifications.models import Mail
from notifications.tasks import measure as measure_mails
from notifications.tests.conftest import Post, confirm, issue_for, place, post, shelf
from orders.models import Order
from orders.tests.conftest import body_for
from shop.tests.conftest import Listen

__all__ = ["confirm", "issue_for", "place", "post", "shelf"]
pytestmark = pytest.mark.django_db(transaction=True)
PlaceOrder = Callable[..., Order]
Lines = list[dict[str, Any]]


@pytest.fixture
def counted(settings: Settings, capfd: pytest.CaptureFixture[str]) -> Callable[[], Lines]:
    """All that has been counted so far."""
    settings.METRICS = "emf"
    lines: Lines = []

    def look() -> Lines:
        texts = capfd.readouterr().out.splitlines()
        lines.extend(json.loads(text) for text in texts if text.startswith("{"))
        return lines

    return look


@pytest.fixture
def relay() -> Iterator[None]:
    relay = Relay()
    thread = threading.Thread(target=relay.run)
    thread.start()
    assert relay.active.wait(30)
    yield
    relay.stop.set()
    thread.join(30)
    assert not thread.is_alive()


def values(lines: Lines, name: str) -> list[Any]:
    """Of a metric with a dimension, whose value was counted; else what was."""
    return [line[REGISTRY[name].dimension or name] for line in lines if name in line]


def test_orders_and_refusals_are_counted_once(
    counted: Callable[[], Lines], shelf: None, client_of: Callable[[User], APIClient], customer: User
) -> None:
    client = client_of(customer)
    for _ in range(2):
        assert client.post("/orders", body_for(("MUG", 1)), HTTP_IDEMPOTENCY_KEY="once").status_code == 201
    client.post("/orders", body_for(("MUG", 5000)))
    client.post("/orders", body_for(("NONE", 1)))
    client.post("/orders", body_for(("MUG", 1), expected_total="0.01"))

    lines = counted()
    assert values(lines, "Orders") == [1]
    assert [line["order_id"] for line in lines if "Orders" in line] == [str(Order.objects.get().id)]
    assert values(lines, "Refusals") == ["out_of_stock", "product_not_found", "price_changed"]


def test_handling_mails_and_documents_are_counted(
    counted: Callable[[], Lines], post: Post, place: PlaceOrder, confirm: Callable[[Order], Event]
) -> None:
    order = place()
    post.refusal = "Throttling"
    with pytest.raises(ClientError):
        deliver(Event.objects.get(type="OrderCreated"), "emails")
    Mail.objects.update(created_at=timezone.now() - timedelta(minutes=10))
    measure_mails()
    post.refusal = ""
    deliver(Event.objects.get(type="OrderCreated"), "emails")
    deliver(confirm(order), "invoices")
    measure_mails()
    measure_documents()

    lines = counted()
    assert values(lines, "HandlerFailures") == ["emails"]
    assert values(lines, "HandledAfter") == ["emails", "invoices"]
    assert values(lines, "Mails") == ["sent"]
    late, none = values(lines, "MailsWaiting")
    assert 600 <= late < 1200
    assert none == 0
    assert [value > 0 for value in values(lines, "PdfTime")] == [True]
    assert values(lines, "DocumentsWaiting") == [0]


def test_the_relay_says_how_far_it_is_behind(
    counted: Callable[[], Lines], place: PlaceOrder, request: pytest.FixtureRequest
) -> None:
    order = place()
    Event.objects.filter(type="OrderCreated").update(time=order.created_at - timedelta(hours=1))

    request.getfixturevalue("relay")

    wait_until(lambda: values(counted(), "OutboxWaiting"))
    assert all(lag >= 3600 for lag in values(counted(), "OutboxLag"))


def test_the_live_process_counts_its_sockets(
    counted: Callable[[], Lines], listen: Listen, customer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.live.counting.EVERY", 0.05)
    for _ in range(2):
        listen(customer).hello()

    wait_until(lambda: 2 in values(counted(), "LiveConnections"))
