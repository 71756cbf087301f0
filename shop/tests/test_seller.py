"""Settings of the seller's documents: what could give two documents one number stops the start."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from shop import seller
from shop.environment import Environment

DEFAULT = "{series}-{year}-{sequence:06}"


def read(raw: str) -> str:
    env = Environment({"INVOICE_NUMBER_FORMAT": raw})
    return env.parsed("INVOICE_NUMBER_FORMAT", DEFAULT, seller.number_format, kind="format", help="How.")


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        (DEFAULT, "INV-2026-000042"),
        ("{year}.{series}.{sequence}", "2026.INV.42"),
        ("shop_{series}_{year}-{sequence:04}", "shop_INV_2026-0042"),
    ],
)
def test_a_format_says_how_a_number_is_written(raw: str, number: str) -> None:
    assert read(raw).format(series="INV", year=2026, sequence=42) == number


@pytest.mark.parametrize(
    "raw",
    [
        "{year}-{sequence}",
        "{series}-{sequence}",
        "{series}-{year}",
        "{series}{year}-{sequence}",
        "{series}-{year}-{sequence}-{sequence}",
        "{series}-{year}-{sequence:6x}",
        "{series}-{year}-{sequence!r}",
        "{series}/{year}/{sequence}",
        "{series.__class__}-{year}-{sequence}",
        "{series}-{year}-{sequence:09}-of-the-very-best-shop",
        "INV",
    ],
)
def test_a_format_by_which_two_documents_could_meet_is_refused(raw: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="INVOICE_NUMBER_FORMAT must"):
        read(raw)


@pytest.mark.parametrize("raw", ["inv", "IN-V", "INVOICESERIES", "Ü"])
def test_a_series_is_capitals_and_digits(raw: str) -> None:
    with pytest.raises(ValueError, match="capitals or digits"):
        seller.series(raw)


def test_invoices_and_credit_notes_count_apart() -> None:
    seller.check_two_series("INV", "CN")

    with pytest.raises(ImproperlyConfigured, match="CREDIT_NOTE_SERIES"):
        seller.check_two_series("INV", "INV")
