"""`GET /me/export`: all that is stored about somebody, as a file that a worker makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import requests
from botocore.exceptions import BotoCoreError
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import DataExport, User
from accounts.own_data import exports
from accounts.own_data.parts import sources
from accounts.tasks import forget_old_exports
from events.models import Event
from events.tests.delivering import deliver
from invoices.tests.conftest import Confirm, PlaceOrder, confirm, outage, place, shelf
from notifications.tests.conftest import post
from orders.models import Order
from orders.tests.conftest import ADDRESS, at_once, body_for, follow
from storage import bucket

__all__ = ["confirm", "outage", "place", "post", "shelf"]
ClientOf = Callable[[User], APIClient]
AT = "/me/export"


@pytest.fixture
def client(customer: User, client_of: ClientOf) -> APIClient:
    return client_of(customer)


@pytest.fixture
def order(client: APIClient, place: PlaceOrder) -> Order:
    """Carla's, with all that can be: a note of hers, a former address, a parcel, a refund, notes of the staff's."""
    order = place(note="Ring twice, please.", name="Carla C.")
    client.patch(f"/orders/{order.id}", {"shipping": {"address": ADDRESS | {"line1": "7 Quay Street"}}})
    follow(order)
    return order


@pytest.fixture(autouse=True)
def no_file_stays(db: None) -> Iterator[None]:
    yield
    for page in bucket.pages(exports.PREFIX):
        bucket.delete(page)


def requested() -> Event:
    return Event.objects.get(type="DataExportRequested")


def stored() -> list[str]:
    return [key for page in bucket.pages(exports.PREFIX) for key in page]


def the_file(client: APIClient) -> dict[str, Any]:
    """What is in the file, read where the answer says."""
    assert client.get(AT).status_code == 202
    deliver(requested(), "own-data")
    answer = client.get(AT)
    assert answer.status_code == 200, answer.content
    found = requests.get(answer.json()["url"], timeout=10)
    assert found.status_code == 200
    body: dict[str, Any] = found.json()
    return body


def test_it_is_asked_for_made_by_a_worker_and_read_at_a_signed_address(client: APIClient, customer: User) -> None:
    first = client.get(AT)
    assert (first.status_code, first["Retry-After"], first["Cache-Control"]) == (202, "2", "no-store")
    assert first.json().items() >= {"status": "queued", "url": None, "expires_at": None, "size": None}.items()
    event = requested()
    assert event.data == {"export_id": first.json()["id"], "customer_id": str(customer.pk)}

    deliver(event, "own-data")

    ready = client.get(AT)
    assert (ready.status_code, ready["Cache-Control"]) == (200, "no-store")
    assert (ready.json()["id"], ready.json()["status"]) == (first.json()["id"], "ready")
    found = requests.get(ready.json()["url"], timeout=10)
    assert (found.headers["Content-Type"], len(found.content)) == ("application/json", ready.json()["size"])
    assert found.headers["Content-Disposition"] == f'attachment; filename="{first.json()["id"]}.json"'
    assert found.json()["account"]["email"] == "carla@example.com"
    left = datetime.fromisoformat(ready.json()["expires_at"]) - timezone.now()
    assert timedelta(minutes=4) < left <= timedelta(minutes=5)


@pytest.mark.usefixtures("post")
def test_all_that_is_stored_is_in_it(
    client: APIClient, order: Order, customer: User, staff: User, confirm: Confirm
) -> None:
    client.post("/me/addresses", ADDRESS)
    gone = client.post("/orders", body_for(("MUG", 1))).json()["id"]
    Order.objects.filter(id=gone).update(hidden_at=timezone.now())
    deliver(confirm(order), "invoices")
    for event in Event.objects.filter(type="InvoiceGenerated"):
        deliver(event, "emails")
    client.get("/invoice-url", {"order_id": str(order.id)})
    LogEntry.objects.create(
        user=staff,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(customer.pk),
        object_repr="x",
        action_flag=CHANGE,
        change_message="Blocked.",
    )

    told = the_file(client)

    assert set(told) == {"made_at", *sources}
    me = {"id": str(customer.pk), "name": "Carla Customer", "cognito_sub": "sub-carla"}
    assert told["account"].items() >= me.items()
    assert [row["line1"] for row in told["addresses"]] == ["2 Harbour Road"]
    first, hidden = told["orders"]
    assert (first["note"], first["shipping"]["address"]["line1"]) == ("Ring twice, please.", "7 Quay Street")
    assert [row["sku"] for row in first["lines"]] == ["MUG", "BOOK"]
    assert [row["status"] for row in first["history"]] == ["pending", "confirmed"]
    assert [row["address"]["name"] for row in first["former_addresses"]] == ["Carla C."]
    assert [row["text"] for row in first["notes"]] == ["Called twice.", "We wrapped it for you."]
    assert (len(first["shipments"]), len(first["refunds"])) == (1, 1)
    assert (first["deleted_at"], hidden["deleted_at"] is None) == (None, False)
    documents = {row["kind"]: row for row in told["invoices"]}
    assert documents.keys() == {"invoice", "credit_note"}
    assert documents["invoice"]["buyer"]["email"] == customer.email
    assert [(row["invoice"], row["way"]) for row in told["documents_handed_out"]] == [
        (documents["invoice"]["number"], "account")
    ]
    assert {(mail["to"], mail["status"]) for mail in told["mails"]} == {(customer.email, "sent")}
    assert documents["invoice"]["number"] in told["mails"][0]["text"]
    assert {row["type"] for row in told["events"]} >= {"OrderCreated", "OrderConfirmed", "InvoiceGenerated"}
    assert [row["what"] for row in told["changes_by_staff"]] == ["Blocked."]
    assert staff.email not in str(told)


def test_answers_kept_for_idempotency_keys_are_in_it(client: APIClient) -> None:
    client.post("/me/addresses", ADDRESS, headers={"Idempotency-Key": "my key"})

    (kept,) = the_file(client)["idempotency_keys"]

    assert (kept["key"], kept["status"]) == ("my key", 201)
    assert "2 Harbour Road" in kept["answer"]


def test_nothing_of_anybody_else_is_in_it(
    client: APIClient, other_customer: User, client_of: ClientOf, place: PlaceOrder
) -> None:
    client_of(other_customer).post("/me/addresses", ADDRESS, headers={"Idempotency-Key": "k"})
    place(by=other_customer)
    place(email="carla@example.com", name="Somebody Else")  # a guest may write any address: it proves nothing

    told = the_file(client)

    assert {name: rows for name, rows in told.items() if rows and name not in ("made_at", "account", "events")} == {}
    assert [row["type"] for row in told["events"]] == ["DataExportRequested"]


def test_whoever_asks_again_gets_the_same_until_a_day_has_passed(client: APIClient) -> None:
    asked = {client.get(AT).json()["id"] for _ in range(3)}
    deliver(requested(), "own-data")
    asked.add(client.get(AT).json()["id"])
    assert len(asked) == 1
    assert Event.objects.filter(type="DataExportRequested").count() == 1

    DataExport.objects.update(created_at=timezone.now() - exports.KEPT_FOR)
    again = client.get(AT)
    assert (again.status_code, again.json()["id"] in asked) == (202, False)


@pytest.mark.django_db(transaction=True)
def test_many_who_ask_at_once_get_one(customer: User, client_of: ClientOf) -> None:
    clients = [client_of(customer) for _ in range(6)]

    answers = at_once([lambda client=client: client.get(AT) for client in clients])  # type: ignore[misc]

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert Event.objects.filter(type="DataExportRequested").count() == 1


def test_more_orders_cost_no_more_queries(client: APIClient, customer: User, place: PlaceOrder) -> None:
    def cost() -> int:
        export = DataExport.objects.create(user=customer)
        with CaptureQueriesContext(connection) as queries:
            exports.make(export.id)
        return len(queries)

    for _ in range(2):
        follow(place())
    few = cost()
    for _ in range(6):
        follow(place())

    assert cost() == few


def test_while_the_bucket_is_away_it_waits_and_is_made_later(client: APIClient, outage: Callable[[bool], None]) -> None:
    client.get(AT)
    outage(True)
    with pytest.raises(BotoCoreError):
        deliver(requested(), "own-data")
    assert client.get(AT).status_code == 202

    outage(False)
    deliver(requested(), "own-data")

    assert client.get(AT).status_code == 200


def test_a_message_that_comes_twice_makes_one_file(client: APIClient) -> None:
    client.get(AT)
    deliver(requested(), "own-data")
    ready_at = DataExport.objects.get().ready_at

    exports.make(UUID(requested().data["export_id"]))

    assert DataExport.objects.get().ready_at == ready_at
    assert len(stored()) == 1


def test_an_old_file_is_deleted_and_a_new_one_stays(client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    the_file(client)
    forget_old_exports()
    assert (len(stored()), DataExport.objects.count()) == (1, 1)

    monkeypatch.setattr(exports, "KEPT_FOR", timedelta(0))
    forget_old_exports()

    assert (stored(), DataExport.objects.count()) == ([], 0)


def test_amounts_and_times_are_written_as_the_api_writes_them(client: APIClient, place: PlaceOrder) -> None:
    order = place()

    (told,) = the_file(client)["orders"]

    assert told["totals"]["total"] == f"{order.total:.2f}"
    assert Decimal(told["totals"]["total"]) == order.total
    assert told["created_at"] == client.get(f"/orders/{order.id}").json()["created_at"]
