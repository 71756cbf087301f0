"""What is in an order and what it comes to: the steps of placing one that need neither its buyer nor its events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.conf import settings

from api.problems import Invalid
from catalog.models.fields import canonical_sku
from catalog.stock import Sold
from orders.errors import CurrencyNotSupported, DuplicateSku, MixedCurrencies
from orders.models import Order, OrderLine
from orders.placing.numbers import number_of
from orders.placing.pricing import Price, price, sum_of
from orders.placing.terms import Terms

Item = tuple[str, int]
"""A SKU and how many units of it."""


def quantities_of(items: Sequence[Item]) -> dict[str, int]:
    """SKU in capitals → units, in the order given. Raises DuplicateSku (400), and Invalid where there is none."""
    quantities: dict[str, int] = {}
    for index, (given, quantity) in enumerate(items):
        sku = canonical_sku(given)
        if sku in quantities:
            raise DuplicateSku(index, sku)
        quantities[sku] = quantity
    if not quantities:
        raise Invalid("items", "empty", "An order has at least one line.")
    return quantities


def lines_of(order: Order, quantities: Mapping[str, int], sold: Mapping[str, Sold], terms: Terms) -> list[OrderLine]:
    """The lines, priced by what was sold, whose currency becomes the order's. Nothing is written.

    Raises MixedCurrencies, CurrencyNotSupported, and Invalid for an amount that no order may have (400 all).
    """
    order.currency = _currency({variant.currency for variant in sold.values()})
    order.prices_include_tax = settings.PRICES_INCLUDE_TAX
    lines = []
    for position, (sku, quantity) in enumerate(quantities.items(), 1):
        variant = sold[sku]
        rate = terms.rate_of(variant.tax_rate)
        cost = price(variant.price, quantity, rate, order.currency, includes_tax=order.prices_include_tax)
        lines.append(
            OrderLine(
                order_id=order.id,
                variant_id=variant.id,
                position=position,
                sku=sku,
                name=variant.name,
                quantity=quantity,
                unit_price=variant.price,
                tax_rate=rate,
                tax=cost.tax,
                total=cost.total,
            )
        )
    return lines


def close(order: Order, lines: Sequence[OrderLine], terms: Terms) -> None:
    """Gives the order its shipping, totals and number."""
    items = sum_of(Price(line.total, line.tax) for line in lines)
    method, includes_tax = terms.method, order.prices_include_tax
    shipping = price(method.price_for(items.total), 1, method.tax_rate, order.currency, includes_tax=includes_tax)
    everything = sum_of([items, shipping])
    order.number = number_of(terms.sequence, order.created_at.year)
    order.shipping_method_id = method.code
    order.shipping_tax_rate = method.tax_rate
    order.items_total = items.total
    order.shipping_total = shipping.total
    order.tax_total = everything.tax
    order.total = everything.total


def _currency(currencies: set[str]) -> str:
    if len(currencies) > 1:
        raise MixedCurrencies(sorted(currencies))
    currency = currencies.pop()
    if currency != settings.SHOP_CURRENCY:
        raise CurrencyNotSupported(currency, settings.SHOP_CURRENCY)
    return currency
