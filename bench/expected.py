"""What the shop must hold after the replay, worked out from the file alone, with exact arithmetic of its own.

Nothing here is imported from the shop: a mistake in the shop's pricing must not repeat itself in what it is held to.
The file's pounds become the shop's own currency, one to one: an order is always in the shop's currency.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from bench.countries import ISO_3166
from bench.real_orders import Article, Plan, RealOrder

TAX_RATE = Decimal("17.50")  # the United Kingdom's VAT in December 2010
MARGIN = 5  # units of each SKU that nobody orders
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Shipping:
    """The shop's own rule, as its table holds it."""

    price: Decimal
    free_from: Decimal | None
    tax_rate: Decimal

    def cost(self, items_total: Decimal) -> Decimal:
        return Decimal(0) if self.free_from is not None and items_total >= self.free_from else self.price


@dataclass(frozen=True)
class Line:
    sku: str
    quantity: int
    unit_price: Decimal

    @property
    def total(self) -> Decimal:
        return self.unit_price * self.quantity


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
        address = {"name": f"Buyer {who}", "line1": "1 Replay Street", "city": "London", "postal_code": "N1 1AA"}
        return {
            "items": [{"sku": line.sku, "quantity": line.quantity} for line in self.lines],
            "email": self.email,
            "payment_method": "credit_card",
            "shipping": {"method": "economic", "address": address | {"country": self.country}},
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


def work_out(plan: Plan, run: str, shipping: Shipping) -> Expected:
    articles: dict[str, set[Decimal]] = {}
    for real in plan.orders.values():
        for code, price in real.items:
            articles.setdefault(code, set()).add(price)
    skus = {(code, price): _sku(run, code, price, prices) for code, prices in articles.items() for price in prices}
    orders = {key: _order(real, run, skus, shipping) for key, real in plan.orders.items()}
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


def _order(order: RealOrder, run: str, skus: dict[Article, str], shipping: Shipping) -> ExpectedOrder:
    lines = tuple(Line(skus[article], quantity, article[1]) for article, quantity in order.items.items())
    items = order.items_total
    cost = shipping.cost(items)
    tax = sum((_contained(line.total, TAX_RATE) for line in lines), Decimal(0)) + _contained(cost, shipping.tax_rate)
    who = order.customer or f"guest-{order.key}"
    return ExpectedOrder(
        key=order.key,
        email=f"{who}@{run.lower()}.example.com",
        lines=lines,
        items=items,
        shipping=cost,
        tax=tax,
        cancelled=bool(order.cancelled_by),
        kept_of=order.kept_of,
        country=ISO_3166[order.country],
    )


def _contained(gross: Decimal, rate: Decimal) -> Decimal:
    """The tax that a gross amount contains, rounded half up to the cent; in fractions, so that only this rounds."""
    exact = Fraction(gross) * Fraction(rate) / (100 + Fraction(rate))
    cents = (exact * 100 + Fraction(1, 2)).__floor__()
    return Decimal(cents) / 100
