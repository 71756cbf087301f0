"""How invoices and mails write things for people: "1,234.50" for the API's "1234.50". Nothing is rounded here."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django import template

from catalog.money import money

register = template.Library()
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}


@register.filter
def grouped(amount: str) -> str:
    return f"{Decimal(amount):,f}"


@register.filter
def price(amount: str | Decimal, currency: str) -> str:
    """ "€1,234.50", or "CHF 1,234.50" with a no-break space where the currency has no sign that everybody knows."""
    text = grouped(amount if isinstance(amount, str) else money(amount, currency))
    sign = SYMBOLS.get(currency, f"{currency}\u00a0")
    return f"-{sign}{text[1:]}" if text.startswith("-") else f"{sign}{text}"


@register.filter
def percent(rate: str | Decimal) -> str:
    """ "19%" from "19.00", "5.5%" from "5.50"."""
    return f"{Decimal(rate).normalize():f}%"


@register.filter
def without_tax(line: Mapping[str, str]) -> str:
    """The net amount of an invoice's line."""
    return str(Decimal(line["total"]) - Decimal(line["tax"]))


@register.filter
def address_lines(address: dict[str, str]) -> list[str]:
    """A postal address as it is written on an envelope, empty lines left out."""
    town = " ".join(part for part in (address.get("postal_code"), address.get("city")) if part)
    get = address.get
    rows = [get("name"), get("line1"), get("line2"), town, get("region"), get("country")]
    return [row for row in rows if row]


@register.filter
def initials(name: str) -> str:
    """The shop's monogram: the first letters of the first two words."""
    words = [word for word in name.split() if word[0].isalnum()]
    return "".join(word[0] for word in words[:2]).upper()
