"""What is in an order and what it comes to: the steps of placing one that need neither its buyer nor its events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.conf import settings
from django.db.models import BigIntegerField, Func, Value

from api.problems import Invalid
from catalog.models import Variant
from catalog.models.fields import canonical_sku
from orders.errors import CurrencyNotSupported, DuplicateSku, MixedCurrencies
from orders.models import Order, OrderLine, ShippingMethod
from orders.placing.pricing import Price, price, sum_of

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


def lines_of(order: Order, quantities: Mapping[str, int], variants: Mapping[str, Variant]) -> list[OrderLine]:
    """The lines, priced by their variants, whose currency becomes the order's. Nothing is written.

    Raises MixedCurrencies, CurrencyNotSupported, and Invalid for an amount that no order may have (400 all).
    """
    order.currency = _currency({variant.product.currency for variant in variants.values()})
    lines = []
    for position, (sku, quantity) in enumerate(quantities.items(), 1):
        variant = variants[sku]
        cost = price(
            variant.price, quantity, variant.product.tax_rate, order.currency, includes_tax=settings.PRICES_INCLUDE_TAX
        )
        lines.append(
            OrderLine(
                order=order,
                variant=variant,
                position=position,
                sku=sku,
                name=variant.product.name,
                quantity=quantity,
                unit_price=variant.price,
                tax_rate=variant.product.tax_rate,
                tax=cost.tax,
                total=cost.total,
            )
        )
    return lines


def close(order: Order, lines: Sequence[OrderLine], shipping_method: str) -> None:
    """Gives the order its shipping, totals and number. One query: the number comes along with the shipping's price.

    Numbers come from a sequence, which never waits and is not given back by a rollback: they are unique and grow, but
    have gaps, as order numbers may (an invoice's may not). They do not begin anew with a year.
    """
    items = sum_of(Price(line.total, line.tax) for line in lines)
    next_number = Func(Value("orders_number"), function="nextval", output_field=BigIntegerField())
    method = ShippingMethod.objects.annotate(number=next_number).filter(code=shipping_method).first()
    if method is None:
        raise Invalid("shipping.method", "unknown_shipping_method", "There is no such way of shipping.")
    shipping = price(
        method.price_for(items.total), 1, method.tax_rate, order.currency, includes_tax=settings.PRICES_INCLUDE_TAX
    )
    everything = sum_of([items, shipping])
    order.number = f"{order.created_at.year}-{method.number:06}"
    order.shipping_method = method
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
