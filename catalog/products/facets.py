"""Facets: how many products each value of a filter would leave."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings

from api.postgresql.statements import rows_of
from catalog.money import fits, money
from catalog.products.listing import Filters

MAX_FACETS = 10
"""Facets in one answer: each goes through all that its filters leave."""
MAX_VALUES = 50
"""Values told per facet, the most frequent first."""
PRICE_RANGES = 5

CATEGORIES = """
    SELECT json_build_object('id', c.id, 'name', c.name, 'slug', c.slug), n.count
    FROM (
        SELECT p.category_id, count(*) AS count FROM catalog_product p
        WHERE {where} AND p.category_id IS NOT NULL GROUP BY 1
    ) n JOIN catalog_category c ON c.id = n.category_id ORDER BY n.count DESC, c.name LIMIT %(most)s
"""
VALUES = """
    SELECT substr(trait, length(%(prefix)s) + 1), count(*)
    FROM catalog_product p, unnest(p.traits) AS trait
    WHERE {where} AND starts_with(trait, %(prefix)s) GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %(most)s
"""
PRICES = """
    WITH priced AS (
        SELECT p.price, ntile(%(ranges)s) OVER (ORDER BY p.price) AS part FROM catalog_product p WHERE {where}
    )
    SELECT min(price), max(price), count(*) FROM priced GROUP BY part ORDER BY min(price)
"""


def counts(filters: Filters, wanted: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Facet → its values with `count`, in one query each. A facet counts under all filters but its own.

    Prices come in ranges that hold about as many products each, `from` and `to` included.
    """
    return {facet: _values(filters, facet) for facet in wanted}


def _values(filters: Filters, facet: str) -> list[dict[str, Any]]:
    where, parameters = filters.where(without=facet)
    parameters["most"] = MAX_VALUES
    if facet == "category":
        rows = rows_of(CATEGORIES.format(where=where), parameters)
        return [{"value": value, "count": count} for value, count in rows]
    if facet == "price":
        rows = rows_of(PRICES.format(where=where), {**parameters, "ranges": PRICE_RANGES})
        return [{"from": _amount(low), "to": _amount(high), "count": count} for low, high, count in rows]
    prefix = f"{facet.removeprefix('attr.')}="
    rows = rows_of(VALUES.format(where=where), {**parameters, "prefix": prefix})
    return [{"value": value, "count": count} for value, count in rows]


def _amount(price: Decimal) -> str:
    """As the shop's currency writes it; a price of another one that does not fit keeps all its digits."""
    currency = settings.SHOP_CURRENCY
    return money(price, currency) if fits(price, currency) else f"{price.normalize():f}"
