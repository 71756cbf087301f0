"""Invoices of a shop whose prices do not include tax, and of one that changed its mind."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from django.test import Client
from pypdf import PdfReader
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from events.tests.delivering import deliver
from invoices import documents
from invoices.models import Invoice
from invoices.tests.conftest import Confirm, IssueFor, PlaceOrder

pytestmark = pytest.mark.django_db


@pytest.fixture
def net(settings: Settings) -> None:
    settings.PRICES_INCLUDE_TAX = False


def printed(invoice: Invoice) -> str:
    pages = PdfReader(io.BytesIO(documents.read(invoice))).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


@pytest.mark.usefixtures("net")
def test_unit_prices_are_net_and_totals_gross(issue_for: IssueFor) -> None:
    invoice = issue_for(("MUG", 2), ("BOOK", 1))

    # 19 % of 25.80 is 4.90, 7 % of 24.99 is 1.75, and 19 % of 4.90 is 0.93.
    assert [(line["unit_price"], line["tax"], line["total"]) for line in invoice.lines] == [
        ("12.90", "4.90", "30.70"),
        ("24.99", "1.75", "26.74"),
        ("4.90", "0.93", "5.83"),
    ]
    assert invoice.totals == {
        "net": "55.69",
        "tax": "7.58",
        "total": "63.27",
        "taxes": [
            {"rate": "19.00", "net": "30.70", "tax": "5.83", "total": "36.53"},
            {"rate": "7.00", "net": "24.99", "tax": "1.75", "total": "26.74"},
        ],
        "prices_include_tax": False,
    }


@pytest.mark.usefixtures("net")
def test_the_document_adds_the_tax_to_what_its_lines_say(issue_for: IssueFor) -> None:
    text = printed(issue_for(("MUG", 2)))

    for expected in ("Unit price, net", "Net amount EUR", "12.90", "25.80", "4.90", "€30.70", "€5.83", "€36.53"):
        assert expected in text, expected
    assert "the tax at the rate shown is added" in text
    assert "contained" not in text


def test_a_document_that_was_issued_keeps_its_prices(
    issue_for: IssueFor, settings: Settings, client_of: Callable[[User], APIClient], customer: User
) -> None:
    gross = issue_for(("MUG", 2))
    settings.PRICES_INCLUDE_TAX = False
    net = issue_for(("MUG", 2))

    shown = [client_of(customer).get(f"/invoices/{invoice.id}").json() for invoice in (gross, net)]

    assert [(body["prices_include_tax"], body["totals"]["total"]) for body in shown] == [
        (True, "30.70"),
        (False, "36.53"),
    ]
    assert "Tax contained" in printed(gross)


def test_an_order_keeps_its_prices_until_it_is_confirmed(
    place: PlaceOrder, confirm: Confirm, settings: Settings
) -> None:
    settings.PRICES_INCLUDE_TAX = False
    order = place(("MUG", 2))
    settings.PRICES_INCLUDE_TAX = True

    deliver(confirm(order), "invoices")

    assert Invoice.objects.get().totals["total"] == "36.53"
    assert not Invoice.objects.get().prices_include_tax


@pytest.mark.usefixtures("net")
def test_staff_see_that_unit_prices_are_net(client: Client, staff: User, issue_for: IssueFor) -> None:
    client.force_login(staff, backend="accounts.backends.CognitoBackend")

    assert "Unit price, net" in client.get(f"/admin/invoices/invoice/{issue_for().id}/change/").content.decode()
