"""Invoices over HTTP: who sees which, and how the PDF is had."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from invoices.issuing.services import settle
from invoices.keeping.services import mark_stored
from invoices.models import Invoice
from invoices.tests.conftest import Confirm, IssueFor, PlaceOrder
from orders.tracking import token_fields

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], APIClient]
SOME_ID = uuid.UUID(int=7)


def test_customers_list_their_own_and_staff_list_all(
    issue_for: IssueFor, client_of: ClientOf, customer: User, other_customer: User, staff: User
) -> None:
    mine, theirs = issue_for(by=customer), issue_for(by=other_customer)

    def numbers(user: User) -> list[str]:
        return [row["number"] for row in client_of(user).get("/invoices").json()["results"]]

    assert numbers(customer) == [mine.number]
    assert numbers(other_customer) == [theirs.number]
    assert numbers(staff) == [theirs.number, mine.number]


def test_pages_follow_each_other_and_cost_the_same(place: PlaceOrder, client_of: ClientOf, customer: User) -> None:
    issued = [settle(order_id=place().id)[0].number for _ in range(5)]
    client = client_of(customer)
    client.get("/invoices")

    with CaptureQueriesContext(
        connection,
    ) as small:
        first = client.get("/invoices", {"limit": 2}).json()
    with CaptureQueriesContext(connection) as large:
        rest = client.get(first["next"], {}).json()
    whole = client.get("/invoices", {"limit": 100}).json()

    assert [row["number"] for row in first["results"] + rest["results"]] == issued[:0:-1]
    assert [row["number"] for row in whole["results"]] == issued[::-1]
    assert len(small) == len(large)
    assert (first["previous"], whole["next"]) == (None, None)


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "101"}, {"cursor": "x"}, {"colour": "red"}])
def test_a_query_that_is_not_understood_is_refused(query: dict[str, str], client_of: ClientOf, customer: User) -> None:
    answer = client_of(customer).get("/invoices", query)

    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")


def test_an_invoice_looks_as_promised(issue_for: IssueFor, client_of: ClientOf, customer: User) -> None:
    invoice = issue_for(("MUG", 1))

    answer = client_of(customer).get(f"/invoices/{invoice.id}")

    assert answer.status_code == 200
    body = answer.json()
    assert {
        key: body[key] for key in ("id", "number", "kind", "order_id", "corrects", "currency", "sha256", "size")
    } == {
        "id": str(invoice.id),
        "number": invoice.number,
        "kind": "invoice",
        "order_id": str(invoice.order_id),
        "corrects": None,
        "currency": "EUR",
        "sha256": invoice.sha256,
        "size": invoice.size,
    }
    assert body["issued_at"].endswith("Z")
    assert body["lines"][0] == {
        "kind": "item",
        "sku": "MUG",
        "name": "Stoneware mug",
        "quantity": 1,
        "unit_price": "12.90",
        "tax_rate": "19.00",
        "tax": "2.06",
        "total": "12.90",
    }
    assert {key: body["totals"][key] for key in ("net", "tax", "total")} == {
        "net": "14.96",
        "tax": "2.84",
        "total": "17.80",
    }


def test_until_the_pdf_is_stored_hash_and_size_are_null_and_the_etag_is_another(
    place: PlaceOrder, confirm: Confirm, client_of: ClientOf, customer: User
) -> None:
    invoice = settle(order_id=place().id)[0]
    client = client_of(customer)
    before = client.get(f"/invoices/{invoice.id}")
    assert (before.json()["sha256"], before.json()["size"]) == (None, None)
    again = client.get(f"/invoices/{invoice.id}", headers={"If-None-Match": before["ETag"]})
    assert (again.status_code, again.content) == (304, b"")

    mark_stored(invoice_id=invoice.id, key="k", sha256="0" * 64, size=1)

    after = client.get(f"/invoices/{invoice.id}", headers={"If-None-Match": before["ETag"]})
    assert (after.status_code, after.json()["size"]) == (200, 1)


@pytest.mark.parametrize("path", ["/invoices/{id}", "/invoice-url?invoice_id={id}", "/invoice-url?order_id={order_id}"])
def test_somebody_elses_is_not_there(path: str, issue_for: IssueFor, client_of: ClientOf, other_customer: User) -> None:
    invoice = issue_for()

    answer = client_of(other_customer).get(path.format(id=invoice.id, order_id=invoice.order_id))

    assert (answer.status_code, answer.json()["code"][-9:]) == (404, "not_found")


@pytest.mark.parametrize("path", ["/invoices", "/invoices/{id}", "/invoice-url?invoice_id={id}"])
def test_nobody_in_particular_is_asked_to_sign_in(path: str, guest: APIClient) -> None:
    answer = guest.get(path.format(id=uuid.uuid4()))

    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")


def by_invoice(invoice: Invoice) -> dict[str, Any]:
    return {"invoice_id": str(invoice.id)}


def by_order(invoice: Invoice) -> dict[str, Any]:
    return {"order_id": str(invoice.order_id)}


@pytest.mark.parametrize("by", [by_invoice, by_order])
def test_the_signed_address_gives_the_pdf_to_anybody_for_five_minutes(
    by: Callable[[Invoice], dict[str, Any]], issue_for: IssueFor, client_of: ClientOf, customer: User
) -> None:
    invoice = issue_for()

    answer = client_of(customer).get("/invoice-url", by(invoice))

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    lasts = datetime.fromisoformat(answer.json()["expires_at"]) - timezone.now()
    assert timedelta(minutes=4) < lasts <= timedelta(minutes=5)
    url = answer.json()["url"]
    assert "X-Amz-Expires=300" in url
    pdf = requests.get(url, timeout=10)
    assert pdf.status_code == 200
    assert hashlib.sha256(pdf.content).hexdigest() == invoice.sha256
    assert pdf.headers["Content-Type"] == "application/pdf"
    assert pdf.headers["Content-Disposition"] == f'attachment; filename="{invoice.number}.pdf"'


def test_a_signature_that_was_tampered_with_gives_nothing(
    issue_for: IssueFor, client_of: ClientOf, customer: User
) -> None:
    mine, other = issue_for(), issue_for()
    url = client_of(customer).get("/invoice-url", by_invoice(mine)).json()["url"]

    answer = requests.get(url.replace(mine.key, other.key), timeout=10)

    assert mine.key in url
    assert answer.status_code == 403


def test_staff_have_the_address_of_any(issue_for: IssueFor, client_of: ClientOf, staff: User) -> None:
    assert client_of(staff).get("/invoice-url", by_order(issue_for())).status_code == 200


def test_it_is_not_ready_until_the_pdf_is_stored(
    place: PlaceOrder, confirm: Confirm, client_of: ClientOf, customer: User
) -> None:
    order = place()
    client = client_of(customer)

    def code() -> tuple[int, str, str | None]:
        answer = client.get("/invoice-url", {"order_id": str(order.id)})
        return answer.status_code, answer.json().get("code", ""), answer.headers.get("Retry-After")

    assert code() == (409, "invoice_not_ready", None)  # nobody knows when it is confirmed
    confirm(order)
    assert code() == (409, "invoice_not_ready", "2")
    invoice = settle(order_id=order.id)[0]
    assert code() == (409, "invoice_not_ready", "2")
    assert client.get("/invoice-url", by_invoice(invoice)).json()["code"] == "invoice_not_ready"
    mark_stored(invoice_id=invoice.id, key="k", sha256="0" * 64, size=1)
    assert code() == (200, "", None)


@pytest.mark.parametrize("parameter", ["invoice_id", "order_id"])
def test_what_does_not_exist_is_not_found(parameter: str, client_of: ClientOf, customer: User) -> None:
    assert client_of(customer).get("/invoice-url", {parameter: str(uuid.uuid4())}).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "",
        f"invoice_id={SOME_ID}&order_id={SOME_ID}",
        "invoice_id=7",
        "order_id=",
        f"invoice_id={SOME_ID}&invoice_id={SOME_ID}",
        f"invoice_id={SOME_ID}&expires=9999",
    ],
)
def test_it_takes_exactly_one_of_the_two_ids(query: str, client_of: ClientOf, customer: User) -> None:
    answer = client_of(customer).get(f"/invoice-url?{query}")

    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")


def test_a_guest_has_the_address_by_the_token_of_the_order(
    issue_for: IssueFor, place: PlaceOrder, guest: APIClient
) -> None:
    invoice = issue_for(email="gus@example.com")
    stranger = place(email="eve@example.com").tracking_token  # type: ignore[attr-defined]
    token = token_fields(invoice.order)["tracking_token"]

    for query in (by_invoice(invoice), by_order(invoice)):
        assert guest.get("/invoice-url", query | {"tracking_token": token}).status_code == 200
        assert guest.get("/invoice-url", query | {"tracking_token": stranger}).status_code == 404
        assert guest.get("/invoice-url", query | {"tracking_token": "made-up"}).status_code == 404
        assert guest.get("/invoice-url", query).status_code == 401
