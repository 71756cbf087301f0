"""Reads a real shop's lines and says what each becomes: part of an order, part of a cancellation, or neither and why.

The source is the UCI "Online Retail" layout (D. Chen, 2015): UTF-8 with or without a byte-order mark, `;` between
fields, `,` in decimals, day/month/year. No row is dropped in silence: `Plan.rows_add_up` holds the count together.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from bench.replaying.countries import ISO_3166

HEADER = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"]
GOODS = re.compile(r"\d{5}[A-Z]{0,2}")  # POST, D, M, DOT, C2, BANK CHARGES, … are postage, discounts, corrections, fees
PRICE = re.compile(r"\d{1,9}(,\d{1,2})?")
QUANTITY = re.compile(r"-?\d{1,9}")
ZERO = Decimal(0)

Article = tuple[str, Decimal]
"""What the replay makes a SKU of: a stock code (in capitals) at one price. The real shop sold one code at up to six."""


class NotThatFile(Exception):
    """The file cannot be read as this layout at all."""


@dataclass(frozen=True)
class Row:
    line: int
    invoice: str
    code: str
    description: str
    quantity: int
    at: datetime
    price: Decimal
    customer: str
    country: str

    @property
    def article(self) -> Article:
        return self.code, self.price


@dataclass(frozen=True)
class Unused:
    """A row that became no part of an order, and the reason."""

    line: int
    invoice: str
    code: str
    reason: str


@dataclass
class RealOrder:
    """One order to place. `kept_of` names the order that it replaces after a cancellation of a part."""

    key: str
    customer: str
    country: str
    at: datetime
    items: Counter[Article] = field(default_factory=Counter)
    cancelled_by: str = ""
    kept_of: str = ""

    @property
    def items_total(self) -> Decimal:
        return sum((price * quantity for (_, price), quantity in self.items.items()), ZERO)


@dataclass
class Plan:
    rows: int = 0
    orders: dict[str, RealOrder] = field(default_factory=dict)
    unused: list[Unused] = field(default_factory=list)
    order_rows: int = 0
    cancellation_rows: int = 0
    merged_rows: int = 0
    names: dict[str, str] = field(default_factory=dict)
    recased_codes: int = 0

    def rows_add_up(self) -> bool:
        return self.rows == self.order_rows + self.cancellation_rows + len(self.unused)

    def reasons(self) -> Counter[str]:
        return Counter(row.reason for row in self.unused)


def read(path: Path, limit: int = 0) -> Plan:
    """The plan for the file, or for its first `limit` orders. Raises NotThatFile."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines, delimiter=";", strict=True)
            header = next(reader, [])
            if header != HEADER:
                raise NotThatFile(f"the first line is not {';'.join(HEADER)}")
            return plan(((reader.line_num, fields) for fields in reader), limit)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise NotThatFile(str(error)) from error


def plan(lines: Iterable[tuple[int, list[str]]], limit: int = 0) -> Plan:
    result = Plan()
    names: dict[str, Counter[str]] = defaultdict(Counter)
    cancellations: dict[str, list[Row]] = defaultdict(list)
    for line, fields in lines:
        parsed = _parse(line, fields)
        invoice = fields[0] if fields else ""
        if isinstance(parsed, Row) and _is_new_order(result, parsed) and limit and len(result.orders) == limit:
            break
        result.rows += 1
        if isinstance(parsed, str):
            result.unused.append(Unused(line, invoice, fields[1] if len(fields) > 1 else "", parsed))
            continue
        result.recased_codes += fields[1] != parsed.code
        if parsed.invoice.startswith("C"):
            cancellations[parsed.invoice].append(parsed)
            continue
        if parsed.description:
            names[parsed.code][parsed.description] += 1
        _add(result, parsed)
    for rows in cancellations.values():
        _cancel(result, rows)
    result.names = {code: counts.most_common(1)[0][0] for code, counts in names.items()}
    return result


def _parse(line: int, fields: list[str]) -> Row | str:
    """The row, or the reason why it cannot be part of an order or of a cancellation."""
    if len(fields) != len(HEADER):
        return f"malformed: {len(fields)} fields instead of {len(HEADER)}"
    invoice, code, description, quantity, at, price, customer, country = (text.strip() for text in fields)
    code = code.upper()
    cancels = invoice.startswith("C")
    if not QUANTITY.fullmatch(quantity) or not PRICE.fullmatch(price) or not invoice:
        return "malformed: quantity, price or invoice number cannot be read"
    try:
        moment = datetime.strptime(at, "%d/%m/%Y %H:%M")  # noqa: DTZ007  (the file gives no zone; only order counts)
    except ValueError:
        return "malformed: the date is not day/month/year hour:minute"
    if not GOODS.fullmatch(code):
        return f"the code is no goods: {code}"
    if country not in ISO_3166:
        return f"the country is none: {country}"
    units, amount = int(quantity), Decimal(price.replace(",", "."))
    if units == 0 or (units < 0) != cancels:
        return "the quantity is negative, without a cancellation (a write-off)" if units < 0 else "the quantity is none"
    if amount == 0:
        return "the price is 0"
    words = " ".join(description.split())
    return Row(line, invoice, code, words, units, moment, amount, customer, country)


def _is_new_order(result: Plan, row: Row) -> bool:
    return not row.invoice.startswith("C") and row.invoice not in result.orders


def _add(result: Plan, row: Row) -> None:
    order = result.orders.setdefault(row.invoice, RealOrder(row.invoice, row.customer, row.country, row.at))
    result.merged_rows += row.article in order.items  # the API refuses two lines of one SKU: their quantities are added
    order.items[row.article] += row.quantity
    result.order_rows += 1


def _cancel(result: Plan, rows: list[Row]) -> None:
    """Matches one cancellation to the customer's latest earlier order that holds all of it at those prices.

    The shop cancels whole orders only. A part is therefore cancelled as a shop does it: the order is cancelled, and
    what the buyer keeps is ordered anew.
    """
    taken: Counter[Article] = Counter()
    for row in rows:
        taken[row.article] -= row.quantity
    first = rows[0]
    mine = [o for o in result.orders.values() if first.customer and o.customer == first.customer and o.at <= first.at]
    holding = [order for order in mine if all(order.items[article] >= taken[article] for article in taken)]
    free = [order for order in holding if not order.cancelled_by]
    if not free:
        if not mine:
            reason = "cancellation: the file holds no earlier order of this customer"
        elif not holding:
            reason = "cancellation: no earlier order of this customer holds these items at these prices"
        else:
            reason = "cancellation: the order that it matches is cancelled already"
        result.unused.extend(Unused(row.line, row.invoice, row.code, reason) for row in rows)
        return
    order = max(free, key=lambda candidate: candidate.at)
    order.cancelled_by = first.invoice
    result.cancellation_rows += len(rows)
    if kept := order.items - taken:
        key = f"{order.key}-kept"
        result.orders[key] = RealOrder(key, order.customer, order.country, first.at, kept, kept_of=order.key)
