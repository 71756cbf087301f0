"""What codes and SKUs may be."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

from catalog.money import is_currency

# ASCII, because capitals of other scripts are not the same in Python and in PostgreSQL, and SKUs end on barcodes.
validate_code = RegexValidator(r"\A[!-~](?:[ -~]*[!-~])?\Z", "Use ASCII letters, digits and signs.", "invalid_code")


def validate_currency(code: str) -> None:
    if not is_currency(code):
        raise ValidationError(f"{code} is not the ISO 4217 code of a current currency.", "invalid_currency")


def canonical_sku(sku: str) -> str:
    """The SKU as it is stored: `mug-1` and `MUG-1` are the same thing."""
    return sku.strip().upper()
