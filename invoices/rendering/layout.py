"""What the template shows of a document: as the buyer's language writes it, nothing left to work out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any

from babel import Locale
from babel.numbers import parse_pattern
from django.utils import timezone
from django.utils.safestring import SafeString

from catalog.money import money
from invoices.models import Invoice
from invoices.rendering import payment_codes
from invoices.rendering.glyphs import legible
from invoices.templatetags.for_people import initials
from invoices.words import words
from orders.wording import amount_in, day_in, rate_in

STATE_BEFORE_CODE = {"AU", "CA", "US"}
"""Where the post wants town, state and code in one line, in this order."""


def layout(invoice: Invoice) -> dict[str, Any]:
    """The template's context. The whole document follows from the frozen row, the logo's included."""
    say, speak = words(invoice.language), invoice.language
    kind = say[invoice.kind]
    gross, totals = invoice.prices_include_tax, invoice.totals
    seller = {name: legible(value) for name, value in invoice.seller.items()}
    return {
        "language": speak,
        "invoice": invoice,
        "say": say,
        "kind": kind,
        "seller": seller,
        "initials": initials(seller["name"]),
        "registrations": [
            say[word].format(id=seller[name])
            for name, word in (("vat_id", "vat_id"), ("tax_id", "tax_number"))
            if seller.get(name)
        ],
        "bank": [f"{name.upper()} {_spaced(seller[name])}" for name in ("iban", "bic") if seller.get(name)],
        "billed_to": address_lines(invoice.buyer["billing_address"], speak),
        "delivered_to": address_lines(invoice.buyer["shipping_address"], speak),
        "email": legible(invoice.buyer["email"]),
        "facts": [(say[word], text) for word, text in _facts(invoice)],
        "unit_price": say["unit_price" if gross else "unit_price_net"],
        "amount": say["amount" if gross else "amount_net"].format(currency=invoice.currency),
        "lines": list(_lines(invoice)),
        "brought": say["brought"].format(amount=number_in(speak, totals["total" if gross else "net"])),
        "taxes": [
            (rate_in(speak, tax["rate"]), *(number_in(speak, tax[part]) for part in ("net", "tax", "total")))
            for tax in totals["taxes"]
        ],
        "net": amount_in(speak, totals["net"], invoice.currency),
        "tax": amount_in(speak, totals["tax"], invoice.currency),
        "tax_word": say["tax_contained" if gross else "tax_added"],
        "total": amount_in(speak, totals["total"], invoice.currency),
        "total_word": say["total" if invoice.kind == Invoice.Kind.INVOICE else "credited"],
        "payment": _payment(invoice, seller),
        "note": say["prices_gross" if gross else "prices_net"].format(currency=invoice.currency),
    }


def number_in(language: str, amount: str) -> str:
    """ "1,234.50" or "1.234,50", with the digits that it has."""
    _, _, digits = amount.partition(".")
    pattern = parse_pattern("#,##0." + "0" * len(digits) if digits else "#,##0")
    return str(pattern.apply(Decimal(amount), _locale(language)))


def address_lines(address: Mapping[str, str], language: str) -> list[str]:
    """A postal address as it is written on an envelope, its country in the language of the document."""
    get = address.get
    country = _locale(language).territories.get(get("country", ""), get("country"))
    if get("country") in STATE_BEFORE_CODE:
        town, region = f"{get('city', '')}, {get('region', '')} {get('postal_code', '')}", ""
    else:
        town, region = f"{get('postal_code', '')} {get('city', '')}", get("region", "")
    rows = [get("name"), get("line1"), get("line2"), town.strip(" ,"), region, country]
    return [legible(row) for row in rows if row]


def _facts(invoice: Invoice) -> Iterator[tuple[str, str]]:
    say, speak = words(invoice.language), invoice.language
    if invoice.corrects is None:
        yield "invoice_date", day_in(speak, invoice.issued_at)
    else:
        yield "credit_note_date", day_in(speak, invoice.issued_at)
        yield (
            "corrects",
            f"{invoice.corrects.number}\n{say['of_date'].format(date=day_in(speak, invoice.corrects.issued_at))}",
        )
    yield "order", legible(invoice.order_number)
    yield "ordered_on", day_in(speak, invoice.ordered_at)
    if invoice.corrects is None:
        yield "payment", say[(invoice.terms or {}).get("pay_by", invoice.payment_method)]
    elif invoice.reason:
        yield "reason", legible(invoice.reason)


def _lines(invoice: Invoice) -> Iterator[dict[str, Any]]:
    """Each with what the lines before it come to, and with it: a page that ends between two says so."""
    say, speak, carried = words(invoice.language), invoice.language, Decimal(0)
    for line in invoice.lines:
        amount = line["total"] if invoice.prices_include_tax else str(Decimal(line["total"]) - Decimal(line["tax"]))
        before, carried = carried, carried + Decimal(amount)
        yield {
            "kind": line["kind"],
            "name": legible(line["name"]),
            "sku": legible(line["sku"]),
            "quantity": number_in(speak, str(line["quantity"])),
            "unit_price": number_in(speak, line["unit_price"]),
            "rate": rate_in(speak, line["tax_rate"]),
            "amount": number_in(speak, amount),
            "brought": say["brought"].format(amount=number_in(speak, money(before, invoice.currency))),
            "carried": say["carried"].format(amount=number_in(speak, money(carried, invoice.currency))),
        }


def _payment(invoice: Invoice, seller: Mapping[str, str]) -> dict[str, Any] | None:
    """How to pay what no card has paid: by when, to which account, and a code that says all of it."""
    terms = invoice.terms or {}
    if "due_on" not in terms or not Decimal(invoice.totals["total"]):
        return None
    say, speak, by = words(invoice.language), invoice.language, terms["pay_by"]
    shown: dict[str, Any] = {"due": say["due_on"].format(date=_day(speak, terms["due_on"]))}
    account = [("account_holder", seller["name"]), ("reference", invoice.number)]
    if by == "transfer":
        code = payment_codes.sepa_transfer(invoice.seller, invoice.totals["total"], invoice.number)
        account[1:1] = [(name, _spaced(seller[name])) for name in ("iban", "bic") if seller.get(name)]
    elif by == "pix":
        code = payment_codes.pix(invoice.seller, invoice.totals["total"], invoice.number)
        account[1:1] = [("pix_key", seller["pix_key"])]
    else:
        return shown
    rows = [(say.get(name, name.upper()), value) for name, value in account]
    return shown | {"title": say[f"pay_{by}"], "rows": rows, "code": _svg(code)}


def _svg(code: Any) -> SafeString:
    return SafeString(code.svg_inline(border=0, dark="#0f3d4c", omitsize=True))  # segno writes it, of modules alone


def _spaced(account: str) -> str:
    """An IBAN in groups of four, as people read it."""
    return " ".join(re.findall(".{1,4}", account)) if re.fullmatch(r"[A-Z]{2}\d{2}\w{11,}", account) else account


def page_of(language: str) -> SafeString:
    """ "Page {page} of {pages}" as the content of a margin box in CSS."""
    parts = re.split(r"\{(\w+)\}", words(language)["page"])
    shown = [f"counter({part})" if odd % 2 else f'"{part}"' for odd, part in enumerate(parts) if part]
    return SafeString(" ".join(shown))  # our own words


def _day(language: str, iso: str) -> str:
    return day_in(language, datetime.combine(date.fromisoformat(iso), time(12), timezone.get_current_timezone()))


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(language, sep="-")
