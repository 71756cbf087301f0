"""What an invoice says, frozen from its order: amounts as the API writes them, so that nothing is rounded again.

Totals are gross; unit prices are, unless the order's do not include tax. The tax of a rate is the sum of its lines'
taxes, each rounded once when the order was placed; so what is printed adds up to the order's own totals, to the cent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings

from catalog.money import money
from invoices.models import Invoice
from invoices.words import words
from orders.models import Order, OrderLine

Line = dict[str, Any]

MOST_BY_TRANSFER = Decimal("999999999.99")
"""Of a SEPA credit transfer (EPC069-12)."""
LETTER_COUNTRIES = {"BZ", "CA", "CL", "CO", "CR", "GT", "MX", "NI", "PA", "PH", "PR", "SV", "US", "VE"}
"""Where people print on US Letter, as the CLDR has it (territory information, paper size)."""


def seller() -> dict[str, str]:
    """The shop as it is now. What it has not, such as a bank account, is left out."""
    always = {
        "name": settings.SHOP_NAME,
        "address": settings.SHOP_ADDRESS,
        "country": settings.SHOP_COUNTRY,
        "tax_id": settings.SHOP_TAX_ID,
    }
    perhaps = {
        "city": settings.SHOP_CITY,
        "vat_id": settings.SHOP_VAT_ID,
        "iban": settings.SHOP_IBAN,
        "bic": settings.SHOP_BIC,
        "pix_key": settings.SHOP_PIX_KEY,
    }
    return always | {name: value for name, value in perhaps.items() if value}


def terms_of(order: Order, seller: Mapping[str, str], issued_on: date) -> dict[str, str]:
    """How the order is paid, and by when unless a card has paid it: the bank account is offered instead of cash."""
    if order.payment_method != Order.PaymentMethod.CASH:
        return {"pay_by": order.payment_method}
    due_on = (issued_on + timedelta(days=settings.INVOICE_PAYMENT_DAYS)).isoformat()
    if order.currency == "EUR" and "iban" in seller and order.total <= MOST_BY_TRANSFER:
        return {"pay_by": "transfer", "due_on": due_on}
    if order.currency == "BRL" and "pix_key" in seller:
        return {"pay_by": "pix", "due_on": due_on}
    return {"pay_by": "cash", "due_on": due_on}


def paper_for(country: str) -> str:
    """The setting, or what is in the printers of the buyer's country."""
    if settings.INVOICE_PAPER != "by country":
        return str(settings.INVOICE_PAPER)
    return Invoice.Paper.LETTER if country in LETTER_COUNTRIES else Invoice.Paper.A4


def buyer_of(order: Order) -> dict[str, Any]:
    return {
        "email": order.email,
        "billing_address": order.billing_address or order.shipping_address,
        "shipping_address": order.shipping_address,
    }


def lines_of(order: Order, items: Iterable[OrderLine], language: str) -> list[Line]:
    """The order's lines, and the shipping as the last one unless it was free."""
    items = list(items)
    lines = [
        {
            "kind": "item",
            "sku": item.sku,
            "name": item.name,
            "quantity": item.quantity,
            "unit_price": money(item.unit_price, order.currency),
            "tax_rate": f"{item.tax_rate:.2f}",
            "tax": money(item.tax, order.currency),
            "total": money(item.total, order.currency),
        }
        for item in items
    ]
    if order.shipping_total:
        tax = order.tax_total - sum((item.tax for item in items), Decimal(0))
        lines.append(
            {
                "kind": "shipping",
                "sku": "",
                "name": words(language)["shipping"].format(method=order.shipping_method.name),
                "quantity": 1,
                "unit_price": money(order.shipping_total - (0 if order.prices_include_tax else tax), order.currency),
                "tax_rate": f"{order.shipping_tax_rate:.2f}",
                "tax": money(tax, order.currency),
                "total": money(order.shipping_total, order.currency),
            }
        )
    return lines


def totals_of(lines: Iterable[Line], currency: str, *, prices_include_tax: bool) -> dict[str, Any]:
    """Net, tax and total, of each rate and of all; and what the unit prices are, see `Invoice.prices_include_tax`."""
    by_rate: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_rate[line["tax_rate"]].append(line)
    taxes = [{"rate": rate, **_sums(by_rate[rate], currency)} for rate in sorted(by_rate, key=Decimal, reverse=True)]
    whole = _sums([line for of_rate in by_rate.values() for line in of_rate], currency)
    return {**whole, "taxes": taxes, "prices_include_tax": prices_include_tax}


def _sums(lines: Iterable[Line], currency: str) -> dict[str, str]:
    tax = total = Decimal(0)
    for line in lines:
        tax += Decimal(line["tax"])
        total += Decimal(line["total"])
    return {"net": money(total - tax, currency), "tax": money(tax, currency), "total": money(total, currency)}
