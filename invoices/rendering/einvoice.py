"""The document as XML: Factur-X 1.0.07 in its profile EN 16931, which is UN/CEFACT's Cross Industry Invoice.

Its amounts are those of the frozen row wherever the standard can say them, which has two limits (see docs/money.md):

- The tax of a rate must be the rate of its net amount, to less than one unit of the currency (BR-CO-17, BR-S-09). Ours
  is rounded once per line, and may be further off in a long order. The XML then has the tax worked out from the rate's
  gross amount, and an allowance or charge that makes up the difference: what is to be paid stays as it is.
- No amount has more than two decimals (BR-DEC). Where the currency has three, the XML has its amounts rounded to two.

A note in the XML says so, and `is_exact` is false.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone
from drafthorse.models.accounting import ApplicableTradeTax, CategoryTradeTax, TradeAllowanceCharge
from drafthorse.models.document import Document
from drafthorse.models.note import IncludedNote
from drafthorse.models.party import TaxRegistration
from drafthorse.models.payment import PaymentMeans, PaymentTerms
from drafthorse.models.tradelines import LineItem

from catalog.money import DIGITS, rounded
from invoices.models import Invoice
from invoices.rendering.glyphs import LAYOUT
from invoices.words import words

GUIDELINE = "urn:cen.eu:en16931:2017"
SCHEMA = "FACTUR-X_EN16931"
KINDS = {"invoice": "380", "credit_note": "381"}  # UNTDID 1001
MEANS = {"cash": "10", "transfer": "58", "pix": "68", "debit_card": "55", "credit_card": "54"}  # UNTDID 4461
UNIT = "C62"  # UN/ECE recommendation 20: one
NAMELESS = "–"
"""Of a name that nobody can see: the standard wants one (BR-07)."""
EXACT_PRICE = Decimal("0.0001")


@dataclass(frozen=True)
class EInvoice:
    """`is_exact` says whether every amount is the document's own."""

    xml: bytes
    is_exact: bool


@dataclass(frozen=True)
class Rate:
    """The amounts of a tax rate as the XML has them; `adjustment` is what its lines' net amounts have too much."""

    percent: Decimal
    net: Decimal
    tax: Decimal
    adjustment: Decimal


def einvoice(invoice: Invoice) -> EInvoice:
    """The document's XML, valid by its schema; raises lxml's error where it is not."""
    nets = [_two(Decimal(line["total"]) - Decimal(line["tax"])) for line in invoice.lines]
    rates = [_rate(tax, invoice, nets) for tax in invoice.totals["taxes"]]
    is_exact = DIGITS[invoice.currency] <= 2 and not any(rate.adjustment for rate in rates)
    document = Document()
    document.context.guideline_parameter.id = GUIDELINE
    document.header.id = invoice.number
    document.header.type_code = KINDS[invoice.kind]
    document.header.issue_date_time = timezone.localdate(invoice.issued_at)
    for text in _notes(invoice, is_exact):
        note = IncludedNote()
        note.content = text
        document.header.notes.add(note)
    _parties(document, invoice)
    for number, (line, net) in enumerate(zip(invoice.lines, nets, strict=True), 1):
        document.trade.items.add(_line(number, line, net, invoice.currency))
    _settlement(document, invoice, sum(nets, Decimal(0)), rates)
    return EInvoice(document.serialize(schema=SCHEMA), is_exact)


def _two(amount: Decimal) -> Decimal:
    """To two decimals at most; as it is in a currency that has no more."""
    return amount if amount.as_tuple().exponent >= -2 else amount.quantize(Decimal("0.01"), ROUND_HALF_UP)  # type: ignore[operator]


def _rate(tax: Mapping[str, str], invoice: Invoice, nets: Iterable[Decimal]) -> Rate:
    percent = Decimal(tax["rate"])
    of_lines = zip(invoice.lines, nets, strict=True)
    net = sum((amount for line, amount in of_lines if line["tax_rate"] == tax["rate"]), Decimal(0))
    own = _two(Decimal(tax["tax"]))
    if abs(own - net * percent / 100) < Decimal("0.99"):
        return Rate(percent, net, own, Decimal(0))
    gross = net + own
    worked_out = _two(rounded(gross * percent / (100 + percent), invoice.currency))
    return Rate(percent, gross - worked_out, worked_out, worked_out - own)


def _notes(invoice: Invoice, is_exact: bool) -> Iterable[str]:
    if invoice.reason:
        yield f"{words(invoice.language)['reason']}: {_text(invoice.reason)}"
    if not is_exact:
        totals, currency = invoice.totals, invoice.currency
        yield (
            f"Amounts of this XML are rounded as EN 16931 demands. The document itself says: net {totals['net']}, "
            f"tax {totals['tax']}, total {totals['total']} {currency}."
        )


def _parties(document: Document, invoice: Invoice) -> None:
    agreement, seller, buyer = document.trade.agreement, invoice.seller, invoice.buyer
    agreement.seller.name = _text(seller["name"])
    agreement.seller.id = seller["tax_id"]
    agreement.seller.address.line_one = _text(seller["address"])
    agreement.seller.address.country_id = seller.get("country", settings.SHOP_COUNTRY)  # earlier rows did not say it
    agreement.seller.tax_registrations.add(TaxRegistration(id=("FC", seller["tax_id"])))
    if "vat_id" in seller:
        agreement.seller.tax_registrations.add(TaxRegistration(id=("VA", seller["vat_id"])))
    _party(agreement.buyer, buyer["billing_address"])
    agreement.seller_order.issuer_assigned_id = invoice.order_number
    _party(document.trade.delivery.ship_to, buyer["shipping_address"])


def _party(party: Any, address: Mapping[str, str]) -> None:
    party.name = _text(address["name"]) or NAMELESS
    party.address.postcode = _text(address.get("postal_code", ""))
    party.address.line_one = _text(address.get("line1", ""))
    party.address.line_two = _text(address.get("line2", ""))
    party.address.city_name = _text(address.get("city", ""))
    party.address.country_subdivision = _text(address.get("region", ""))
    party.address.country_id = address["country"]


def _line(number: int, line: Mapping[str, Any], net: Decimal, currency: str) -> LineItem:
    item = LineItem()
    item.document.line_id = str(number)
    if line["sku"]:
        item.product.seller_assigned_id = line["sku"]
    item.product.name = _text(line["name"]) or line["sku"]
    quantity = Decimal(line["quantity"])
    price = net / quantity
    if price == price.quantize(EXACT_PRICE):
        item.agreement.net.amount, per = price.quantize(EXACT_PRICE), Decimal(1)
    else:  # such as 10.00 for three: the price of all of them, so that nothing is rounded
        item.agreement.net.amount, per = net, quantity
    item.agreement.net.basis_quantity = (per, UNIT)
    item.delivery.billed_quantity = (quantity, UNIT)
    _tax(item.settlement.trade_tax, Decimal(line["tax_rate"]))
    item.settlement.monetary_summation.total_amount = net
    return item


def _tax(tax: Any, percent: Decimal) -> None:
    tax.type_code = "VAT"
    tax.category_code = "S" if percent else "Z"  # UNTDID 5305: standard rate, zero rated
    tax.rate_applicable_percent = percent


def _settlement(document: Document, invoice: Invoice, lines: Decimal, rates: Iterable[Rate]) -> None:
    settlement, summation = document.trade.settlement, document.trade.settlement.monetary_summation
    settlement.payment_reference = invoice.number
    settlement.currency_code = invoice.currency
    settlement.payment_means.add(_means(invoice))
    net = tax = allowances = charges = Decimal(0)
    for rate in rates:
        row = ApplicableTradeTax()
        row.calculated_amount, row.basis_amount = rate.tax, rate.net
        _tax(row, rate.percent)
        settlement.trade_tax.add(row)
        if rate.adjustment:
            settlement.allowance_charge.add(_adjustment(rate))
        net, tax = net + rate.net, tax + rate.tax
        allowances += max(rate.adjustment, Decimal(0))
        charges += max(-rate.adjustment, Decimal(0))
    if invoice.terms and "due_on" in invoice.terms:
        terms = PaymentTerms()
        terms.due = date.fromisoformat(invoice.terms["due_on"])
        settlement.terms.add(terms)
    if invoice.corrects:
        settlement.invoice_referenced_document.issuer_assigned_id = invoice.corrects.number
        settlement.invoice_referenced_document.issue_date_time = timezone.localdate(invoice.corrects.issued_at)
    summation.line_total, summation.charge_total, summation.allowance_total = lines, charges, allowances
    summation.tax_basis_total = net
    summation.tax_total = (tax, invoice.currency)
    summation.grand_total = summation.due_amount = net + tax


def _means(invoice: Invoice) -> PaymentMeans:
    means, seller = PaymentMeans(), invoice.seller
    by = (invoice.terms or {}).get("pay_by", invoice.payment_method)
    means.type_code = MEANS[by]
    if by == "transfer":
        means.payee_account.iban = seller["iban"]
        means.payee_account.account_name = _text(seller["name"])
        if "bic" in seller:
            means.payee_institution.bic = seller["bic"]
    return means


def _adjustment(rate: Rate) -> TradeAllowanceCharge:
    """At document level, of this rate: an allowance where the lines have too much, a charge where too little."""
    adjustment = TradeAllowanceCharge()
    adjustment.indicator = rate.adjustment < 0
    adjustment.actual_amount = abs(rate.adjustment)
    adjustment.reason = "Tax rounded per line"
    tax = CategoryTradeTax()
    _tax(tax, rate.percent)
    adjustment.trade_tax.add(tax)
    return adjustment


def _text(text: str) -> str:
    """In one line, without what XML cannot hold."""
    kept = (character for character in text if character.isprintable() or character.isspace() or character in LAYOUT)
    return " ".join("".join(kept).split())
