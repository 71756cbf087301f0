"""What the shop must hold after the replay, worked out from the file alone, with exact arithmetic of its own.

Nothing here is imported from the shop: a mistake in the shop's pricing must not repeat itself in what it is held to.
The file's pounds become the shop's own currency, one to one: an order is always in the shop's currency.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from bench.replaying.countries import ISO_3166, postal_code
from bench.replaying.real_orders import Article, Plan, RealOrder

TAX_RATE = Decimal("17.50")  # the United Kingdom's VAT in December 2010
MARGIN = 5  # units of each SKU that nobody orders
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Terms:
    """The shop's own rules, as its tables and settings hold them: of shipping, and of tax by country and kind."""

    shipping: Decimal
    free_from: Decimal | None
    shipping_rate: Decimal
    rates: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    home: str = "DE"
    gross: bool = True

    def rate(self, own: Decimal, country: str) -> Decimal:
        """The rate for delivery there of what has the rate `own` at home."""
        kind = next((kind for kind, rate in self.rates.get(self.home, {}).items() if rate == own), None)
        there = self.rates.get(country, {})
        if country == self.home or kind is None:
            return own
        return there.get(kind, there.get("standard", own))

    def cost(self, amount: Decimal, own_rate: Decimal, country: str) -> tuple[Decimal, Decimal]:
        """Total and tax of an amount as the shop's prices have it."""
        rate = Fraction(self.rate(own_rate, country))
        exact = Fraction(amount) * rate / ((100 + rate) if self.gross else 100)
        tax = Decimal((exact * 100 + Fraction(1, 2)).__floor__()) / 100  # half up, and only here
        return (amount if self.gross else amount + tax), tax

    def shipping_cost(self, items_total: Decimal, country: str) -> tuple[Decimal, Decimal]:
        free = self.free_from is not None and items_total >= self.free_from
        return self.cost(Decimal(0) if free else self.shipping, self.shipping_rate, country)


@dataclass(frozen=True)
class Line:
    sku: str
    quantity: int
    unit_price: Decimal
    total: Decimal
    tax: Decimal


@dataclass(frozen=True)
class ExpectedOrder:
    key: str
    email: str
    lines: tuple[Line, ...]
    items: Decimal
    shipping: Decimal
    tax: Decimal
    cancelled: bool
    kept_of: str
    country: str

    @property
    def total(self) -> Decimal:
        return self.items + self.shipping

    @property
    def status(self) -> str:
        return "cancelled" if self.cancelled else "confirmed"

    def body(self) -> dict[str, Any]:
        """The JSON of its POST /orders."""
        who = self.email.partition("@")[0]
        address = {"name": f"Buyer {who}", "line1": "1 Replay Street", "city": "Replay", "country": self.country}
        return {
            "items": [{"sku": line.sku, "quantity": line.quantity} for line in self.lines],
            "email": self.email,
            "payment_method": "credit_card",
            "shipping": {"method": "economic", "address": address | {"postal_code": postal_code(self.country)}},
            "note": f"Invoice {self.key} of the real shop",
        }


@dataclass(frozen=True)
class Expected:
    run: str
    orders: dict[str, ExpectedOrder]
    products: list[dict[str, Any]]
    stock_before: dict[str, int]
    stock_after: dict[str, int]

    @property
    def domain(self) -> str:
        return f"{self.run.lower()}.example.com"


def work_out(plan: Plan, run: str, terms: Terms) -> Expected:
    articles: dict[str, set[Decimal]] = {}
    for real in plan.orders.values():
        for code, price in real.items:
            articles.setdefault(code, set()).add(price)
    skus = {(code, price): _sku(run, code, price, prices) for code, prices in articles.items() for price in prices}
    orders = {key: _order(real, run, skus, terms) for key, real in plan.orders.items()}
    asked: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    for order in orders.values():
        for line in order.lines:
            asked[line.sku] += line.quantity
            taken[line.sku] += 0 if order.cancelled else line.quantity
    before = {sku: quantity + MARGIN for sku, quantity in asked.items()}
    after = {sku: stock - taken[sku] for sku, stock in before.items()}
    products = [
        {
            "code": f"{run}-{code}",
            "name": (plan.names.get(code) or f"Article {code}")[:200],
            "tax_rate": str(TAX_RATE),
            "variants": [
                {
                    "sku": skus[code, price],
                    "price": str(price.quantize(CENT)),
                    "stock": before[skus[code, price]],
                    "attributes": {},
                }
                for price in sorted(prices)
            ],
        }
        for code, prices in sorted(articles.items())
    ]
    return Expected(run, orders, products, before, after)


def _sku(run: str, code: str, price: Decimal, prices: set[Decimal]) -> str:
    """The code where it had one price, else code and price: `85123A-2-95`. The server's price is the SKU's."""
    return f"{run}-{code}" if len(prices) == 1 else f"{run}-{code}-{price.quantize(CENT)}".replace(".", "-")


def _order(order: RealOrder, run: str, skus: dict[Article, str], terms: Terms) -> ExpectedOrder:
    country = ISO_3166[order.country]
    lines = tuple(
        Line(skus[article], quantity, article[1], *terms.cost(article[1] * quantity, TAX_RATE, country))
        for article, quantity in order.items.items()
    )
    items = sum((line.total for line in lines), Decimal(0))
    shipping, shipping_tax = terms.shipping_cost(items, country)
    who = order.customer or f"guest-{order.key}"
    return ExpectedOrder(
        key=order.key,
        email=f"{who}@{run.lower()}.example.com",
        lines=lines,
        items=items,
        shipping=shipping,
        tax=sum((line.tax for line in lines), shipping_tax),
        cancelled=bool(order.cancelled_by),
        kept_of=order.kept_of,
        country=country,
    )
