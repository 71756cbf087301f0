"""Which rate a line has, as PostgreSQL works it out."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection

from orders.models import TaxRate
from orders.placing.taxes import rate_for

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
