"""What a credit note says: which part of its invoice's amounts it takes back, at each tax rate, to the cent.

A refund is an amount and the tax in it, no list of lines. Its net amount and its tax are divided between the rates of
the invoice, each in proportion to what earlier credit notes have left of it. So no rate is ever credited more than was
billed, and the notes that complete an invoice add up to it, rate by rate, however many they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from catalog.money import DIGITS, money
from invoices.issuing.content import Line
from invoices.models import Invoice


@dataclass(frozen=True)
class Credit:
    """An amount, gross, with the tax in it; `label` is what a line of it is called."""

    amount: Decimal
    tax: Decimal
    label: str


def lines_of(credit: Credit, invoice: Invoice, earlier: Iterable[Invoice]) -> list[Line]:
    """The invoice's own lines where all of it is credited at once, else one line for each rate with a part in it.

    Raises ValueError for more than `earlier` credit notes have left of the invoice.
    """
    earlier = list(earlier)
    totals = invoice.totals
    if not earlier and (credit.amount, credit.tax) == (Decimal(totals["total"]), Decimal(totals["tax"])):
        return list(invoice.lines)
    rates = [tax["rate"] for tax in totals["taxes"]]
    left = {part: [_left(invoice, earlier, rate, part) for rate in rates] for part in ("net", "tax")}
    nets = shares(credit.amount - credit.tax, left["net"], invoice.currency)
    taxes = shares(credit.tax, left["tax"], invoice.currency)
    parts = list(zip(rates, nets, taxes, strict=True))
    shown = [part for part in parts if any(part[1:])] or parts[:1]
    return [_line(credit.label, rate, net, tax, invoice) for rate, net, tax in shown]


def shares(amount: Decimal, parts: Sequence[Decimal], currency: str) -> list[Decimal]:
    """`amount` divided in proportion to `parts`, in whole minor units that add up to it.

    What rounding down leaves goes to the largest remainders, so that no share is above its part. Raises ValueError
    where the parts come to less than the amount.
    """
    unit = Decimal(1).scaleb(-DIGITS[currency])
    units, whole = int(amount / unit), [int(part / unit) for part in parts]
    if not 0 <= units <= sum(whole):
        raise ValueError(f"{amount} of {sum(parts)} {currency} is to be divided.")
    exact = [Fraction(units * part, sum(whole) or 1) for part in whole]
    given = [int(share) for share in exact]
    largest = sorted(range(len(parts)), key=lambda at: exact[at] - given[at], reverse=True)
    for at in largest[: units - sum(given)]:
        given[at] += 1
    return [share * unit for share in given]


def _left(invoice: Invoice, earlier: Iterable[Invoice], rate: str, part: str) -> Decimal:
    return _of_rate(invoice, rate, part) - sum((_of_rate(note, rate, part) for note in earlier), Decimal(0))


def _of_rate(document: Invoice, rate: str, part: str) -> Decimal:
    return sum((Decimal(tax[part]) for tax in document.totals["taxes"] if tax["rate"] == rate), Decimal(0))


def _line(label: str, rate: str, net: Decimal, tax: Decimal, invoice: Invoice) -> Line:
    return {
        "kind": "refund",
        "sku": "",
        "name": label,
        "quantity": 1,
        "unit_price": money(net + tax if invoice.prices_include_tax else net, invoice.currency),
        "tax_rate": rate,
        "tax": money(tax, invoice.currency),
        "total": money(net + tax, invoice.currency),
    }
