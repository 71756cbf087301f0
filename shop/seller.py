"""What the settings about the seller's documents must look like. Pure, so that the settings can read it."""

from __future__ import annotations

import re

from django.core.exceptions import ImproperlyConfigured

LONGEST_NUMBER = 30
PART = r"(?:[A-Za-z0-9]+|\{series\}|\{year\}|\{sequence(?::0\d)?\})"
FORMAT = re.compile(rf"{PART}(?:[-._]{PART})*")


def series(raw: str) -> str:
    if not re.fullmatch(r"[A-Z0-9]{1,10}", raw):
        raise ValueError("must be one to ten capitals or digits, such as INV")
    return raw


def check_two_series(invoices: str, credit_notes: str) -> None:
    """Raises ImproperlyConfigured where both kinds of documents would be counted as one."""
    if invoices == credit_notes:
        raise ImproperlyConfigured(f"CREDIT_NOTE_SERIES must be another series than INVOICE_SERIES ({invoices}).")


def number_format(raw: str) -> str:
    """Series, year and sequence once each, with something between them: so no two documents have one number."""
    if not FORMAT.fullmatch(raw) or any(raw.count(f"{{{place}") != 1 for place in ("series", "year", "sequence")):
        raise ValueError("must hold {series}, {year} and {sequence} once each, with - . or _ between them")
    if len(raw.format(series="S" * 10, year=2026, sequence=10**7 - 1)) > LONGEST_NUMBER:
        raise ValueError(f"must give numbers of at most {LONGEST_NUMBER} characters")
    return raw
