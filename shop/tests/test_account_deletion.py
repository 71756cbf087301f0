"""`DELETE /me`: an account is gone, and what the law has the shop keep is not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import BotoCoreError
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.db import connection, transaction
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.events import CustomerRegistered
from accounts.models import DataExport, User
from accounts.own_data import exports
from accounts.tests.conftest import PASSWORD, Pool, pool
from catalog.models import StockMovement
from events.models import Event
from events.outbox import record
from events.tests.delivering import deliver
from invoices.models import Invoice
from invoices.tests.conftest import Confirm, PlaceOrder, confirm, outage, place, shelf
from notifications.mail.resending import resend
from notifications.models import Mail
from notifications.tests.conftest import post
from orders.models import Order
from orders.tests.conftest import ADDRESS
from storage import bucket

__all__ = ["confirm", "outage", "place", "pool", "post", "shelf"]
ClientOf = Callable[[User], APIClient]
NOTE, STREET, REASON = "Ring at the blue door", "2 Harbour Road", "My aunt has one"


@pytest.fixture
def client(customer: User, client_of: ClientOf) -> APIClient:
    return client_of(customer)


@pytest.fixture
def delivered(place: PlaceOrder, confirm: Confirm, staff: User, client_of: ClientOf) -> Order:
    """Carla's: it has come to its end, with an invoice and a mail."""
    order, desk = place(note=NOTE), client_of(staff)
    deliver(confirm(order), "invoices")
    deliver(Event.objects.get(type="InvoiceGenerated"), "emails")
    desk.post(f"/orders/{order.id}/ship", {"carrier": "DHL", "tracking_number": "00340"})
    assert desk.post(f"/orders/{order.id}/deliver").status_code == 200
    return order


@pytest.fixture
def called_off(client: APIClient, place: PlaceOrder) -> Order:
    """Carla's: she changed her mind before anybody confirmed it."""
    order = place(note=NOTE)
    assert client.post(f"/orders/{order.id}/cancel", {"reason": REASON}).status_code == 200
    return order


def deleted(client: APIClient) -> Event:
    answer = client.delete("/me")
    assert (answer.status_code, answer.content) == (204, b"")
    return Event.objects.get(type="CustomerDeleted")


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def where(*texts: str) -> set[str]:
    """The tables in which one of these stands, whatever the column."""
    models: list[type[Model]] = [model for model in apps.get_models() if model._meta.managed]
    found = set()
    for model in models:
        rows = str(list(model._default_manager.values_list()))
        if any(text in rows for text in texts):
            found.add(model._meta.label)
    return found


@pytest.mark.usefixtures("post", "called_off")
def test_what_names_somebody_is_left_only_where_the_law_wants_it(
    client: APIClient, delivered: Order, customer: User
) -> None:
    client.post("/me/addresses", ADDRESS, headers={"Idempotency-Key": "k"})
    client.patch("/me", {"name": "Carla Customer"})
    invoice = Invoice.objects.values().get()
    names = (customer.email, "Carla Customer", STREET)
    assert where(*names) >= {"accounts.User", "accounts.Address", "notifications.Mail", "api.IdempotencyKey"}
    assert "orders.Order" in where(NOTE)
    assert where(REASON) == {"orders.OrderHistory", "events.Event"}

    deleted(client)

    assert where(*names) == {"orders.Order", "invoices.Invoice"}
    assert where(NOTE, REASON) == set()
    assert Invoice.objects.values().get() == invoice
    kept = Order.objects.get(id=delivered.id)
    assert (kept.email, kept.shipping_address["line1"], kept.total) == (customer.email, STREET, delivered.total)
    assert (kept.status, kept.customer_id, kept.note) == ("delivered", customer.pk, "")


def test_of_an_order_that_was_never_confirmed_the_sums_and_the_country_stay(
    client: APIClient, called_off: Order, customer: User
) -> None:
    deleted(client)

    order = Order.objects.get()
    assert order.email == f"{customer.pk}@deleted.invalid"
    assert order.shipping_address == dict.fromkeys([*ADDRESS, "line2", "region"], "") | {"country": "DE"}
    assert (order.total, order.status, order.number) == (called_off.total, "cancelled", called_off.number)
    assert [(row.status, row.by, row.reason) for row in order.history.all()] == [
        ("pending", order.email, ""),
        ("cancelled", order.email, ""),
    ]
    assert set(StockMovement.objects.exclude(order_id=None).values_list("by", flat=True)) == {order.email}


@pytest.mark.usefixtures("called_off")
def test_an_address_that_was_theirs_when_they_ordered_goes_as_well(client: APIClient, customer: User) -> None:
    User.objects.filter(pk=customer.pk).update(email="carla@new.example")  # as a sign-in does, once Cognito says so
    assert "orders.OrderHistory" in where(customer.email)

    deleted(client)

    assert where(customer.email, "carla@new.example", REASON) == set()


@pytest.mark.usefixtures("delivered")
def test_of_a_mail_that_was_sent_the_fact_stays(client: APIClient, customer: User, post: Any) -> None:
    sent = Mail.objects.get(status="sent")
    waits = Mail.objects.create(
        kind="welcome", event_id=uuid4(), event_type="x", order_id=sent.order_id, to=customer.email, resends=sent
    )

    deleted(client)

    for mail in Mail.objects.all():
        assert (mail.to, mail.to_name, mail.subject, mail.text, mail.html) == (f"{mail.pk}@deleted.invalid", *[""] * 4)
    kept = Mail.objects.get(pk=sent.pk)
    assert (kept.kind, kept.order_number, kept.sent_at) == (sent.kind, sent.order_number, sent.sent_at)
    assert (kept.status, kept.ses_id) == ("sent", sent.ses_id)
    assert Mail.objects.get(pk=waits.pk).status == "suppressed"


def test_a_mail_that_was_sent_again_and_again_is_forgotten_each_time(
    client: APIClient, customer: User, post: Any
) -> None:
    with transaction.atomic():
        event = record(CustomerRegistered(customer_id=str(customer.pk), language="en"))
    deliver(event, "emails")
    for address in ("carla.c@example.com", "carla.d@example.com", "carla.e@example.com"):
        resend(mail_id=Mail.objects.latest("id").pk, to=address, by="stella@example.com")
        deliver(Event.objects.filter(type="MailRequested").latest("id"), "emails")
    assert [mail.status for mail in Mail.objects.all()] == ["sent"] * 4

    deleted(client)

    assert [(mail.to, mail.text) for mail in Mail.objects.all()] == [
        (f"{mail.pk}@deleted.invalid", "") for mail in Mail.objects.all()
    ]


def test_nobody_writes_to_an_account_that_is_gone(client: APIClient, called_off: Order, post: Any) -> None:
    deleted(client)

    deliver(Event.objects.get(type="OrderCancelled"), "emails")

    assert (post.raw, Mail.objects.count()) == ([], 0)


def test_the_token_is_worth_nothing_at_once(client: APIClient, customer: User, client_of: ClientOf) -> None:
    deleted(client)

    for answer in (client.get("/me"), client.delete("/me"), client_of(customer).get("/orders")):
        assert refusal(answer) == (403, "customer_blocked")
    row = User.objects.get()
    assert (row.name, row.is_active, row.has_usable_password()) == ("", False, False)
    assert Event.objects.filter(type="CustomerDeleted").count() == 1


@pytest.mark.usefixtures("pool_keys")
def test_cognito_forgets_who_it_was_and_the_address_may_sign_up_anew(guest: APIClient, pool: Pool, shelf: None) -> None:
    email = pool.new_user()
    signed_in = guest.post("/auth/login", {"email": email, "password": PASSWORD}).json()
    client = APIClient()
    client.default_format = "json"
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {signed_in['access_token']}")
    first = client.get("/me").json()["id"]
    event = deleted(client)
    assert client.get("/me").status_code == 403

    deliver(event, "own-data")

    assert refusal(client.get("/me")) == (401, "invalid_token")
    again = guest.post("/auth/login", {"email": email, "password": PASSWORD})
    assert refusal(again) == (401, "invalid_credentials")
    refreshed = guest.post("/auth/refresh", {"refresh_token": signed_in["refresh_token"]})
    assert refusal(refreshed) == (401, "invalid_token")
    assert User.objects.get().cognito_sub is None

    pool.new_user(email=email)
    tokens = guest.post("/auth/login", {"email": email, "password": PASSWORD}).json()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens['access_token']}")
    assert client.get("/me").json().items() >= {"email": email, "name": "Nora New"}.items()
    assert client.get("/me").json()["id"] != first
    assert User.objects.count() == 2


def test_whoever_comes_back_does_not_see_the_old_orders(
    client: APIClient, customer: User, called_off: Order, client_of: ClientOf
) -> None:
    deleted(client)
    anew = client_of(User.objects.create_user(customer.email, cognito_sub="sub-new"))

    assert anew.get("/orders").json()["results"] == []
    assert anew.get(f"/orders/{called_off.id}").status_code == 404
    assert anew.get("/orders/events").json()["results"] == []


def test_while_cognito_is_away_the_message_comes_again_and_one_who_is_gone_there_is_no_error(
    client: APIClient, outage: Callable[[bool], None]
) -> None:
    event = deleted(client)
    outage(True)
    with pytest.raises(BotoCoreError):
        deliver(event, "own-data")
    assert User.objects.get().cognito_sub == "sub-carla"

    outage(False)
    deliver(event, "own-data")

    assert User.objects.get().cognito_sub is None


def test_the_files_of_an_export_go_too(client: APIClient, customer: User) -> None:
    client.get("/me/export")
    deliver(Event.objects.get(type="DataExportRequested"), "own-data")
    assert [key for page in bucket.pages(f"{exports.PREFIX}{customer.pk}/") for key in page]

    deliver(deleted(client), "own-data")

    assert [key for page in bucket.pages(f"{exports.PREFIX}{customer.pk}/") for key in page] == []
    assert not DataExport.objects.exists()


def test_an_order_that_is_open_keeps_the_account(
    client: APIClient, staff: User, place: PlaceOrder, confirm: Confirm, client_of: ClientOf
) -> None:
    order = place()
    answer = client.delete("/me")
    assert refusal(answer) == (409, "open_orders")
    assert answer.json()["orders"] == [order.number]

    confirm(order)
    assert refusal(client.delete("/me")) == (409, "open_orders")
    client_of(staff).post(f"/orders/{order.id}/ship", {"carrier": "DHL", "tracking_number": "1"})
    assert refusal(client.delete("/me")) == (409, "open_orders")
    assert client.get("/me").json()["email"] == "carla@example.com"

    client_of(staff).post(f"/orders/{order.id}/deliver")
    deleted(client)


@pytest.mark.parametrize("signed_in", [{"auth_time": int(time.time()) - 3600}, {"auth_time": None}])
def test_a_token_alone_is_not_enough(customer: User, mint: Callable[..., str], signed_in: dict[str, Any]) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {mint(customer, **signed_in)}")

    answer = client.delete("/me")

    assert refusal(answer) == (401, "recent_sign_in_required")
    assert answer["WWW-Authenticate"] == 'Bearer error="insufficient_user_authentication", max_age="600"'
    assert User.objects.get().email == customer.email


def test_who_has_been_overtaken_deletes_nothing(client: APIClient) -> None:
    seen = client.get("/me")["ETag"]
    client.patch("/me", {"name": "Carla C."})

    assert client.delete("/me", headers={"If-Match": seen}).status_code == 412
    assert client.delete("/me", headers={"If-Match": client.get("/me")["ETag"]}).status_code == 204


def test_staff_are_not_deleted(staff: User, client_of: ClientOf) -> None:
    assert refusal(client_of(staff).delete("/me")) == (409, "staff_account")
    assert User.objects.get().email == staff.email


def test_more_orders_cost_no_more_queries(
    customer: User, other_customer: User, place: PlaceOrder, client_of: ClientOf
) -> None:
    costs = []
    for buyer, orders in ((customer, 1), (other_customer, 6)):
        client = client_of(buyer)
        for _ in range(orders):
            client.post(f"/orders/{place(by=buyer).id}/cancel")
        with CaptureQueriesContext(connection) as queries:
            assert client.delete("/me").status_code == 204
        costs.append(len(queries))

    assert costs[0] == costs[1]


def desk(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.backends.CognitoBackend")
    return client


def test_staff_delete_an_account_in_the_admin_after_they_were_asked(staff: User, customer: User) -> None:
    people, action = "/admin/accounts/user/", {"action": "delete_account", "_selected_action": [str(customer.pk)]}

    page = desk(staff).post(people, action)
    assert "Delete the account of carla@example.com" in page.content.decode()
    assert User.objects.get(pk=customer.pk).deleted_at is None

    desk(staff).post(people, action | {"confirmed": "yes"})

    gone = User.objects.get(pk=customer.pk)
    assert (gone.name, gone.deleted_at is None) == ("", False)
    entry = LogEntry.objects.get()
    assert (entry.user, entry.get_change_message(), entry.object_repr) == (
        staff,
        "Deleted the account.",
        f"{customer.pk}@deleted.invalid",
    )
    desk(staff).post(people, {"action": "let_in", "_selected_action": [str(customer.pk)]})
    assert not User.objects.get(pk=customer.pk).is_active


def test_the_admin_says_why_an_account_cannot_be_deleted(
    staff: User, customer: User, client: APIClient, place: PlaceOrder
) -> None:
    order = place()
    action = {"action": "delete_account", "_selected_action": [str(customer.pk)], "confirmed": "yes"}

    page = desk(staff).post("/admin/accounts/user/", action, follow=True)

    assert order.number in page.content.decode()
    assert User.objects.get(pk=customer.pk).email == "carla@example.com"
    assert not LogEntry.objects.exists()
