"""Invoices of orders that staff took out of sight: kept for the books, no longer there for the buyer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from invoices.tests.conftest import IssueFor
from orders import tracking

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], APIClient]


def test_staff_read_it_by_its_id_and_the_buyer_does_not(
    issue_for: IssueFor, customer: User, staff: User, client_of: ClientOf
) -> None:
    invoice = issue_for()
    reads = [f"/invoices/{invoice.id}", f"/invoice-url?invoice_id={invoice.id}"]

    assert client_of(staff).delete(f"/orders/{invoice.order_id}").status_code == 204

    assert [client_of(staff).get(read).status_code for read in reads] == [200, 200]
    assert [row["id"] for row in client_of(staff).get("/invoices").json()["results"]] == [str(invoice.id)]
    assert [client_of(customer).get(read).status_code for read in reads] == [404, 404]
    assert client_of(customer).get("/invoices").json()["results"] == []


def test_by_its_order_nobody_finds_it(issue_for: IssueFor, customer: User, staff: User, client_of: ClientOf) -> None:
    invoice = issue_for()
    client_of(staff).delete(f"/orders/{invoice.order_id}")

    for reader in (customer, staff):
        answer = client_of(reader).get("/invoice-url", {"order_id": str(invoice.order_id)})
        assert (answer.status_code, answer.json()["code"]) == (404, "order_not_found")


@pytest.mark.parametrize("call", ["", "/tracking-token"])
def test_a_guest_reads_it_until_the_order_is_deleted_or_the_token_revoked(
    issue_for: IssueFor, guest: APIClient, staff: User, client_of: ClientOf, call: str
) -> None:
    invoice = issue_for(email="gus@example.com")
    order, token = invoice.order, tracking.token_fields(invoice.order)["tracking_token"]
    by_id = {"invoice_id": str(invoice.id), "tracking_token": token}
    by_order = {"order_id": str(order.id), "tracking_token": token}
    assert [guest.get("/invoice-url", query).status_code for query in (by_id, by_order)] == [200, 200]

    assert client_of(staff).delete(f"/orders/{order.id}{call}").status_code == 204

    assert [guest.get("/invoice-url", query).status_code for query in (by_id, by_order)] == [404, 404]
