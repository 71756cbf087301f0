"""The JSON form: an object with exactly five keys.

    {"customerName": "Kiln & Co", "invoiceNumber": "RE-17", "totalValue": 1290.50, "productId": "CLAY", "quantity": 12}

It names one party alone, and no currency: `customerName`, which it is filed under, stands as the supplier's name, and
the amount is in the shop's currency.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django.conf import settings
from rest_framework.exceptions import ParseError

from api.parsers import loads
from invoices.incoming.facts import Complaints, Facts, Form, Kind, Refused, Wrong

KEYS = ("customerName", "invoiceNumber", "totalValue", "productId", "quantity")
PRODUCT_ID_LENGTH = 100
MOST = 2**31 - 1
TOLD = 5  # of the keys that there are not: a file may hold thousands, and what is wrong goes into one message


class Number(str):
    """A number of the document, in its own digits."""

    __slots__ = ()


def facts(content: bytes) -> Facts:
    """Raises Refused."""
    given, complaints = _object(content), Complaints()
    for key in KEYS:
        if key not in given:
            complaints.add(key, "required", "This key is missing.")
    for key in sorted(given.keys() - set(KEYS))[:TOLD]:
        complaints.add(key[:100], "unknown_field", f"There is no such key: there are {', '.join(KEYS)}.")
    complaints.settle()
    for key in ("customerName", "invoiceNumber", "productId"):
        if type(given[key]) is not str:
            complaints.add(key, "not_a_string", "This must be a string.")
            given[key] = "0"
    number = complaints.number("invoiceNumber", given["invoiceNumber"])
    supplier = complaints.name("customerName", given["customerName"])
    product_id = complaints.name("productId", given["productId"], PRODUCT_ID_LENGTH)
    total = _total(given["totalValue"], complaints)
    quantity = _quantity(given["quantity"], complaints)
    complaints.settle()
    return Facts(
        form=Form.JSON,
        kind=Kind.INVOICE,
        number=number,
        supplier=supplier,
        total=total,
        currency=settings.SHOP_CURRENCY,
        product_id=product_id,
        quantity=quantity,
    )


def _object(content: bytes) -> dict[str, Any]:
    """As strict as our API's bodies, but with numbers in their own digits."""
    try:
        value = loads(content, number=Number)
    except ParseError as error:
        raise Refused(Wrong("", "invalid_json", str(error.detail).replace("The body", "The file"))) from None
    if not isinstance(value, dict):
        raise Refused(Wrong("", "not_an_object", "The file is JSON, but no object."))
    return value


def _total(value: Any, complaints: Complaints) -> Decimal:
    """A number, or a string of the same, as our own API writes amounts."""
    if not isinstance(value, str):
        complaints.add("totalValue", "not_a_number", "This must be a number.")
        return Decimal(0)
    total = complaints.amount("totalValue", str(value), settings.SHOP_CURRENCY)
    if total < 0:
        complaints.add("totalValue", "negative", "This may not be below zero.")
    return total


def _quantity(value: Any, complaints: Complaints) -> int:
    if not isinstance(value, Number) or not re.fullmatch("-?[0-9]{1,12}", value):
        complaints.add("quantity", "not_an_integer", "This must be a whole number.")
        return 0
    if not 1 <= int(value) <= MOST:
        complaints.add("quantity", "out_of_range", f"This must be from 1 to {MOST}.")
    return int(value)
