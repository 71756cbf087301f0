"""Which rate a line has, as PostgreSQL works it out, and the rates that a shop begins with."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from django.core.checks import run_checks
from django.db import connection
from pytest_django.fixtures import Settings

from accounts.addresses.countries import COUNTRIES
from orders.models import TaxRate
from orders.placing.taxes import rate_for
from orders.tests import reference

RATES = {
    "DE": {"standard": "19", "reduced": "7"},
    "FR": {"standard": "20", "reduced": "5.5", "second_reduced": "10", "super_reduced": "2.1"},
    "DK": {"standard": "25"},
    "LI": {"reduced": "2.6"},
}
"""Country → kind → rate. Denmark has one rate alone; Liechtenstein's standard rate has been left out."""


@pytest.fixture
def rates(db: None) -> None:
    TaxRate.objects.all().delete()
    TaxRate.objects.bulk_create(
        TaxRate(country=country, kind=kind, rate=Decimal(rate))
        for country, kinds in RATES.items()
        for kind, rate in kinds.items()
    )


def rate(own: str, home: str, country: str) -> Decimal:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {rate_for('product.own')} FROM (VALUES (%(own)s::numeric)) AS product (own)",  # noqa: S608
            {"own": own, "home": home, "country": country},
        )
        (found,) = cursor.fetchone()
    assert isinstance(found, Decimal)
    return found


@pytest.mark.parametrize(
    ("own", "home", "country", "expected"),
    [
        ("19.00", "DE", "DE", "19"),
        ("19.00", "DE", "FR", "20"),
        ("7.00", "DE", "FR", "5.5"),
        ("10.00", "FR", "DE", "19"),  # Germany has no second reduced rate
        ("2.10", "FR", "DE", "19"),
        ("5.50", "FR", "DE", "7"),
        ("7.00", "DE", "DK", "25"),
        ("25.00", "DK", "DE", "19"),
        ("19.00", "DE", "US", "19"),  # the table does not know the country
        ("7.00", "DE", "US", "7"),
        ("19.00", "US", "FR", "19"),  # nor this home
        ("16.00", "DE", "FR", "16"),  # at home there is no such rate
        ("0.00", "DE", "FR", "0"),
        ("16.00", "DE", "DE", "16"),
        ("7.00", "DE", "LI", "2.6"),
        ("19.00", "DE", "LI", "19"),  # neither the kind nor a standard rate
    ],
)
@pytest.mark.usefixtures("rates")
def test_the_rate_is_that_of_the_country_of_delivery(own: str, home: str, country: str, expected: str) -> None:
    assert rate(own, home, country) == Decimal(expected)
    as_fractions = {name: {kind: Fraction(rate) for kind, rate in kinds.items()} for name, kinds in RATES.items()}
    assert reference.rate_in(country, Fraction(own), home, as_fractions) == Fraction(expected)


def known_rates() -> dict[str, dict[str, Fraction]]:
    rates: dict[str, dict[str, Fraction]] = {}
    for row in TaxRate.objects.all():
        rates.setdefault(row.country, {})[row.kind] = Fraction(row.rate)
    return rates


@pytest.mark.django_db
def test_a_shop_begins_with_the_rates_of_the_eu() -> None:
    rates = known_rates()

    assert len(rates) == 27
    assert rates.keys() <= COUNTRIES
    assert rates["DE"] == {"standard": 19, "reduced": 7}
    assert rates["FR"] == {
        "standard": 20,
        "reduced": Fraction("5.5"),
        "second_reduced": 10,
        "super_reduced": Fraction("2.1"),
    }
    assert rates["DK"] == {"standard": 25}
    for country, kinds in rates.items():  # as articles 97 and 98 of the VAT Directive have them
        assert kinds["standard"] >= 15, country
        assert 5 <= kinds.get("reduced", 5) < kinds.get("second_reduced", kinds["standard"]), country
        assert kinds.get("second_reduced", 0) < kinds["standard"], country
        assert kinds.get("super_reduced", 0) < 5, country


@pytest.mark.django_db
def test_every_rate_of_the_eu_is_found_from_every_country_of_it() -> None:
    rates = known_rates()
    with connection.cursor() as cursor:
        for home, kinds in rates.items():
            for country in [*rates, "US"]:
                cursor.execute(
                    f"SELECT own.rate, {rate_for('own.rate')} FROM orders_taxrate own WHERE own.country = %(home)s",  # noqa: S608
                    {"home": home, "country": country},
                )
                found = {Fraction(own): Fraction(there) for own, there in cursor.fetchall()}
                assert found == {own: reference.rate_in(country, own, home, rates) for own in kinds.values()}


@pytest.mark.parametrize(("country", "wrong"), [("DE", []), ("de", ["orders.E001"]), ("Germany", ["orders.E001"])])
def test_a_home_that_is_no_country_stops_the_start(settings: Settings, country: str, wrong: list[str]) -> None:
    settings.SHOP_COUNTRY = country
    assert [message.id for message in run_checks() if (message.id or "").startswith("orders.")] == wrong
