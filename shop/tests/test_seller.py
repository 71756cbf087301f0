"""Settings of the seller's documents: what could give two documents one number stops the start."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

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


@pytest.mark.parametrize(
    ("parse", "raw", "kept"),
    [
        (seller.iban, "DE02 1203 0000 0000 2020 51", "DE02120300000000202051"),
        (seller.bic, "BYLADEM1001", "BYLADEM1001"),
        (seller.vat_id, "ATU12345678", "ATU12345678"),
        (seller.pix_key, "12345678000195", "12345678000195"),
        (seller.pix_key, "+5551999999999", "+5551999999999"),
        (seller.pix_key, "123E4567-E12B-12D1-A456-426655440000", "123e4567-e12b-12d1-a456-426655440000"),
    ],
)
def test_accounts_are_kept_as_banks_write_them(parse: Callable[[str], str], raw: str, kept: str) -> None:
    assert parse(raw) == kept


@pytest.mark.parametrize(
    ("parse", "raw"),
    [
        (seller.iban, "DE02120300000000202052"),
        (seller.iban, "DE0212030000000020205"),
        (seller.iban, "de02120300000000202051"),
        (seller.bic, "BYLADEM"),
        (seller.vat_id, "123456789"),
        (seller.pix_key, "123"),
        (seller.pix_key, "nobody"),
        (seller.logo, "/nowhere/logo.svg"),
    ],
)
def test_an_account_that_cannot_be_right_is_refused(parse: Callable[[str], str], raw: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        parse(raw)


def test_a_logo_is_what_its_name_says_and_small(tmp_path: Path) -> None:
    good, renamed, large = tmp_path / "good.svg", tmp_path / "renamed.png", tmp_path / "large.svg"
    good.write_text('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>')
    renamed.write_text(good.read_text())
    large.write_text("<svg>" + " " * 300 * 1024)

    assert seller.logo(str(good)) == str(good)
    for wrong in (renamed, large, tmp_path):
        with pytest.raises(ValueError, match="must be"):
            seller.logo(str(wrong))
