"""What a supplier's document says of itself, or all that is wrong with it: the same for each form."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from catalog.money import DIGITS, fits
from invoices.models import SupplierInvoice

Form, Kind = SupplierInvoice.Form, SupplierInvoice.Kind

MAX_BYTES = 10 * 1024 * 1024
NAME_LENGTH, NUMBER_LENGTH = 200, 40
AMOUNT = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,2})?")
NUMBER = re.compile(rf"(?=.*[0-9])[0-9A-Za-z](?:[0-9A-Za-z ./_#-]{{0,{NUMBER_LENGTH - 2}}}[0-9A-Za-z])?")
"""ASCII letters and digits, a digit among them, and between them what numbers are parted by."""
NUMBER_RULE = (
    f"An invoice number has up to {NUMBER_LENGTH} ASCII letters and digits, a digit among them, and between them "
    "spaces or any of . / _ # -"
)
BAD_NUMBER = "invalid_number"
LARGEST = Decimal(10) ** 12


@dataclass(frozen=True)
class Wrong:
    """One thing that is wrong: `field` is the document's own name for the place, empty for the whole of it."""

    field: str
    code: str
    message: str


TOO_LARGE = Wrong("", "too_large", f"The file has more than {MAX_BYTES // 1024 // 1024} MiB.")


class Refused(Exception):
    """The document is not to be imported."""

    def __init__(self, *errors: Wrong) -> None:
        super().__init__("; ".join(error.code for error in errors))
        self.errors = errors

    @property
    def is_about_the_number(self) -> bool:
        return all(error.code == BAD_NUMBER for error in self.errors)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a document says."""

    form: SupplierInvoice.Form
    kind: SupplierInvoice.Kind
    number: str
    supplier: str
    total: Decimal
    currency: str
    issued_on: date | None = None
    product_id: str = ""
    quantity: int | None = None


class Complaints:
    """Collects what is wrong, so that a sender learns of all of it at once. Each check gives the value that is kept."""

    def __init__(self) -> None:
        self.errors: list[Wrong] = []

    def add(self, field: str, code: str, message: str) -> None:
        self.errors.append(Wrong(field, code, message))

    def number(self, field: str, value: str) -> str:
        number = value.strip()
        if not NUMBER.fullmatch(number):
            self.add(field, BAD_NUMBER, f"{NUMBER_RULE}.")
        return number

    def name(self, field: str, value: str, limit: int = NAME_LENGTH) -> str:
        """One line, in composed characters, so that the same name is the same text."""
        name = " ".join(unicodedata.normalize("NFC", value).split())
        if not name:
            self.add(field, "required", "This may not be empty.")
        elif len(name) > limit:
            self.add(field, "too_long", f"This has more than {limit} characters.")
        elif not name.isprintable():
            self.add(field, "invalid", "This holds characters that cannot be shown.")
        return name

    def currency(self, field: str, value: str) -> str:
        if value not in DIGITS:
            self.add(field, "invalid_currency", "This is not the ISO 4217 code of a current currency.")
        return value

    def amount(self, field: str, value: str, currency: str) -> Decimal:
        """From its text, never by a float; in whole minor units of the currency, if that is one."""
        if not AMOUNT.fullmatch(value):
            self.add(field, "invalid_amount", "This is no amount: a number such as 1290.50 is.")
            return Decimal(0)
        amount = Decimal(value)
        if abs(amount) >= LARGEST:
            self.add(field, "too_large", "An amount is less than 10^12.")
        elif currency in DIGITS and not fits(amount, currency):
            self.add(field, "invalid_amount", f"{currency} has {DIGITS[currency]} decimals.")
        return amount

    def settle(self) -> None:
        """Raises Refused if there was anything."""
        if self.errors:
            raise Refused(*self.errors)
