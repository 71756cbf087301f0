"""What the settings about the seller's documents must look like. Pure, so that the settings can read it."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured

LONGEST_NUMBER = 30
LARGEST_LOGO = 256 * 1024
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


def vat_id(raw: str) -> str:
    if not re.fullmatch(r"[A-Z]{2}[A-Z0-9+*]{2,13}", raw):
        raise ValueError("must be a VAT number that begins with its country, such as DE123456789")
    return raw


def iban(raw: str) -> str:
    """Without spaces, its check digits right (ISO 13616, ISO 7064 MOD 97-10)."""
    bare = raw.replace(" ", "")
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", bare):
        raise ValueError("must be an IBAN such as DE02 1203 0000 0000 2020 51")
    if int("".join(str(int(character, 36)) for character in bare[4:] + bare[:4])) % 97 != 1:
        raise ValueError("must be an IBAN, and the check digits of this one are wrong")
    return bare


def bic(raw: str) -> str:
    if not re.fullmatch(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?", raw):
        raise ValueError("must be a BIC of 8 or 11 characters, such as BYLADEM1001")
    return raw


def pix_key(raw: str) -> str:
    """A CPF, a CNPJ, a telephone number, an e-mail address or a random key, as Brazil's central bank writes them."""
    try:
        return str(UUID(raw))
    except ValueError:
        known = r"\d{11}|[A-Z0-9]{12}\d{2}|\+\d{10,14}|[^@\s]{1,60}@[^@\s]+\.[^@\s]+"
        if len(raw) > 77 or not re.fullmatch(known, raw):
            raise ValueError("must be a CPF, CNPJ, +number, e-mail address or random key") from None
        return raw


def logo(raw: str) -> str:
    file = Path(raw)
    if file.suffix not in (".png", ".svg") or not file.is_file() or file.stat().st_size > LARGEST_LOGO:
        raise ValueError(f"must be a .png or .svg file that is there, of at most {LARGEST_LOGO // 1024} KiB")
    head = file.read_bytes()[:1024]
    if not (head.startswith(b"\x89PNG\r\n") if file.suffix == ".png" else b"<svg" in head):
        raise ValueError("must be what its name says, PNG or SVG")
    return raw
