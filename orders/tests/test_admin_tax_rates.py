"""The page of tax rates in the admin."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from accounts.models import User
from orders.models import TaxRate

ADD = "/admin/orders/taxrate/add/"
LIST = "/admin/orders/taxrate/"


@pytest.fixture
def page(staff: User) -> Client:
    client = Client()
    client.force_login(staff, backend="accounts.backends.CognitoBackend")
    return client


def change(country: str, kind: str) -> str:
    return f"/admin/orders/taxrate/{TaxRate.objects.get(country=country, kind=kind).pk}/change/"


def test_the_list_shows_a_country(page: Client) -> None:
    html = page.get(LIST, {"in": "FR"}).content.decode()

    for rate in ("20 %", "5.5 %", "10 %", "2.1 %"):
        assert rate in html, rate
    assert "25.5 %" not in html
    assert "25.5 %" in page.get(LIST, {"q": "fi"}).content.decode()
    assert LIST in page.get("/admin/").content.decode()


def test_a_country_is_added(page: Client) -> None:
    answer = page.post(ADD, {"country": "ch", "kind": "standard", "rate": "8.1"})

    assert answer.status_code == 302
    assert TaxRate.objects.get(country="CH").rate == Decimal("8.1")


def test_a_change_is_kept_in_the_history(page: Client, staff: User) -> None:
    address = change("DE", "reduced")

    assert page.post(address, {"country": "DE", "kind": "reduced", "rate": "5"}).status_code == 302

    assert TaxRate.objects.get(country="DE", kind="reduced").rate == 5
    history = page.get(address.replace("change", "history")).content.decode()
    assert "Changed Rate" in history
    assert staff.email in history


@pytest.mark.parametrize(
    ("field", "facts", "message"),
    [
        ("country", {"country": "XX"}, "Give a country as ISO 3166-1 alpha-2 has it"),
        ("country", {"country": ""}, "This field is required."),
        ("country", {"country": "DEU"}, "at most 2 characters"),
        ("kind", {"kind": "parking"}, "not one of the available choices"),
        ("kind", {"country": "de"}, "DE has a rate of this kind: change that one."),
        ("rate", {"country": "DE", "kind": "zero", "rate": "19.0"}, "DE has this rate already, of another kind."),
        ("rate", {"rate": "-1"}, "greater than or equal to 0"),
        ("rate", {"rate": "100.01"}, "less than or equal to 100"),
        ("rate", {"rate": "8.125"}, "no more than 2 decimal places"),
        ("rate", {"rate": "NaN"}, "Enter a number."),
        ("rate", {"rate": "a fifth"}, "Enter a number."),
    ],
)
def test_what_is_no_rate_is_refused_at_its_field(page: Client, field: str, facts: dict[str, str], message: str) -> None:
    answer = page.post(ADD, {"country": "CH", "kind": "standard", "rate": "8.1"} | facts)

    assert answer.status_code == 200
    assert message in " ".join(answer.context["adminform"].form.errors[field])


def test_a_rate_that_another_kind_has_is_refused_on_change_too(page: Client) -> None:
    answer = page.post(change("DE", "reduced"), {"country": "DE", "kind": "reduced", "rate": "19"})

    assert "of another kind" in " ".join(answer.context["adminform"].form.errors["rate"])
    assert TaxRate.objects.get(country="DE", kind="reduced").rate == 7


def test_customers_do_not_get_in(customer: User) -> None:
    client = Client()
    client.force_login(customer, backend="accounts.backends.CognitoBackend")

    assert client.post(ADD, {"country": "CH", "kind": "standard", "rate": "8.1"}).status_code == 302
    assert not TaxRate.objects.filter(country="CH").exists()
