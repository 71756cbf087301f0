"""The shop window's list: one statement finds, sorts and writes a page, at the same cost however deep it lies.

It is written in SQL, because the ORM needs longer to make such a statement than PostgreSQL to answer it. Every value
goes in as a parameter; what is put together here are constants of this module.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from api.pagination import read_cursor, read_id, read_time
from api.postgresql.statements import rows_of
from api.serializers import AMOUNT
from catalog.products import presentation

MAX_FOUND = 1000
"""How many of the products that a search finds are ranked: a page of a very common word costs no more than this."""


# The exact code comes first, then whatever the words weigh: name and code, category, attributes, description.
RANKED = f"""
    SELECT p.id, CASE WHEN upper(p.code) = upper(%(said)s) THEN 1000000000 ELSE 0 END
        + (ts_rank(p.search, %(query)s::tsquery) * 1000000)::int AS relevance
    FROM catalog_product p WHERE {{where}} LIMIT {MAX_FOUND}
"""


@dataclass(frozen=True)
class Order:
    """A way to sort: the SQL, how the value is written into a cursor, and how it is read from one."""

    sql: str
    type: str
    read: Any


def _amount(value: Any) -> Decimal:
    """Python reads more than a price: 1e-20000 has more digits after the point than PostgreSQL takes."""
    if not AMOUNT.fullmatch(_text(value)) or abs(amount := Decimal(value)) >= 10**11:
        raise ValueError("no price")
    return amount


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _rank(value: Any) -> int:
    if not isinstance(value, int) or abs(value) >= 2**31:
        raise ValueError("no rank")
    return value


RELEVANCE = "-relevance"
NUMBER = re.compile(r"-?\d{1,30}(\.\d{1,30})?")
ORDERS = {
    "name": Order("lower(p.name)", "text", _text),
    "price": Order("p.price", "numeric", _amount),
    "created_at": Order("p.created_at", "timestamptz", read_time),
    "relevance": Order("f.relevance", "int", _rank),
}


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What a list is narrowed to. `branch` is a category and all below it, `query` a search as a tsquery's text."""

    statuses: Collection[str] = ("active",)
    query: str | None = None
    said: str = ""
    branch: Collection[UUID] | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    in_stock: bool | None = None
    code: str = ""
    traits: Mapping[str, str] = field(default_factory=dict)

    def where(self, *, without: str = "") -> tuple[str, dict[str, Any]]:
        """The condition and its parameters; `without` leaves out one filter, as a facet does with its own."""
        conditions: list[str] = []
        parameters: dict[str, Any] = {}

        def add(name: str, value: Any, sql: str) -> None:
            if name != without:
                conditions.append(sql)
                parameters[name] = value

        if tuple(self.statuses) == ("active",):
            conditions.append("p.status = 'active'")  # as the partial indexes have it
        else:
            add("statuses", list(self.statuses), "p.status = ANY(%(statuses)s)")
        if self.query is not None:
            add("query", self.query, "p.search @@ %(query)s::tsquery")
        if self.branch is not None:
            add("category", list(self.branch), "p.category_id = ANY(%(category)s)")
        if self.min_price is not None and without != "price":
            add("min_price", self.min_price, "p.price >= %(min_price)s")
        if self.max_price is not None and without != "price":
            add("max_price", self.max_price, "p.price <= %(max_price)s")
        if self.in_stock is not None:
            add("in_stock", self.in_stock, "p.in_stock" if self.in_stock else "NOT p.in_stock")
        if self.code:
            add("code", self.code, "upper(p.code) = upper(%(code)s)")
        for number, (name, value) in enumerate(self.traits.items()):
            if f"attr.{name}" != without:
                add(f"trait{number}", _traits(name, value), f"p.traits && %(trait{number})s::text[]")
        return " AND ".join(conditions), parameters


@dataclass(frozen=True, kw_only=True)
class Page:
    """Products as JSON texts, and the cursors of the pages beside it."""

    texts: list[str]
    next: tuple[list[Any], bool] | None
    previous: tuple[list[Any], bool] | None


def page(
    filters: Filters,
    *,
    ordering: str,
    limit: int,
    cursor: str,
    fields: Collection[str] = (),
    expand: Collection[str] = (),
) -> Page:
    """One page, in one query. Raises 400 for a cursor that is damaged or belongs to another ordering."""
    name = ordering.lstrip("-")
    order, descends = ORDERS[name], ordering.startswith("-")
    backwards, values = read_cursor(cursor, cursor_ordering(ordering), [order.read, read_id])
    down = descends != backwards
    where, parameters = filters.where()
    after = "true"
    if values:
        after = f"({order.sql}, {{row}}.id) {'<' if down else '>'} (%(after)s::{order.type}, %(after_id)s)"
        parameters |= {"after": values[0], "after_id": values[1]}
    way = "DESC" if down else "ASC"
    # The limit is no parameter: PostgreSQL keeps a plan only where it knows how few rows are wanted.
    end = f"ORDER BY {order.sql} {way}, {{row}}.id {way} LIMIT {limit + 1}"
    if name == "relevance":
        # Ranked and cut before the products themselves are looked at: only a page of them is.
        ranked = f"SELECT f.id, f.relevance FROM ({RANKED.format(where=where)}) f WHERE {after} {end}".format(row="f")
        source, where = f"({ranked}) f JOIN catalog_product p ON p.id = f.id", "true"
        parameters["said"] = filters.said
    else:
        source, where = "catalog_product p", f"{where} AND {after.format(row='p')}"
    document = presentation.document(fields, expand) if fields or expand else presentation.DOCUMENT
    # As texts, all but the rank, because Python takes long to make times and UUIDs, and a page needs those of its ends.
    place = order.sql if name == "relevance" else f"({order.sql})::text"
    sql = f"SELECT {document}, {place}, p.id::text FROM {source} WHERE {where} {end.format(row='p')}"
    found = rows_of(sql, {**parameters, **presentation.parameters()})
    more = len(found) > limit
    found = found[:limit]
    if backwards:
        found.reverse()
    onward = bool(values) if backwards else more
    back = more if backwards else bool(values)
    return Page(
        texts=[row[0] for row in found],
        next=(list(found[-1][1:]), False) if onward and found else None,
        previous=(list(found[0][1:]), True) if back and found else None,
    )


def _traits(name: str, value: str) -> list[str]:
    """What a product may have for `attr.<name>=<value>`: numbers are kept without zeros that say nothing."""
    wanted = [f"{name}={value}"]
    if NUMBER.fullmatch(value):
        wanted.append(f"{name}={Decimal(value).normalize():f}")
    return wanted


def cursor_ordering(ordering: str) -> list[str]:
    """What a cursor remembers of the list that it belongs to."""
    return [ordering, "-id" if ordering.startswith("-") else "id"]
