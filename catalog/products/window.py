"""The shop window as bytes: a list or a product, written by PostgreSQL and sent as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson
from django.http import HttpRequest

from api.pagination import make_cursor, page_url
from catalog.models import Product
from catalog.products import facets, listing, presentation, queries, search

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser


def list_body(request: HttpRequest, query: Mapping[str, Any]) -> bytes:
    """A page of products as the contract shows it, for the checked parameters of `ProductQuery`."""
    said = query.get("search", "")
    filters = listing.Filters(
        statuses=_statuses(query.get("status", "active")),
        query=search.tsquery(said) if said.strip() else None,
        said=said.strip(),
        branch=queries.branch_of(query["category"]) if "category" in query else None,
        min_price=query.get("min_price"),
        max_price=query.get("max_price"),
        in_stock=query.get("in_stock"),
        code=query.get("code", ""),
        traits=query["traits"],
    )
    ordering = query.get("ordering") or (listing.RELEVANCE if filters.query is not None else "-created_at")
    page = listing.page(
        filters,
        ordering=ordering,
        limit=query["limit"],
        cursor=query["cursor"],
        fields=query.get("fields", ()),
        expand=query.get("expand", ()),
    )
    links = {"next": page.next, "previous": page.previous}
    head = b",".join(b'"%s":%s' % (name.encode(), _link(request, ordering, place)) for name, place in links.items())
    body = b'{%s,"results":[%s]' % (head, ",".join(page.texts).encode())
    if "facets" in query:
        body += b',"facets":' + orjson.dumps(facets.counts(filters, query["facets"]))
    return body + b"}"


def product_body(name: str, query: Mapping[str, Any], user: AbstractBaseUser | AnonymousUser) -> tuple[bytes, int]:
    """One product's JSON, and its version. Raises NotFound, as `queries.visible_product` does."""
    document = presentation.document(query.get("fields", ()), query.get("expand", ()))
    text, version = queries.visible_document(document, presentation.parameters(), name=name, user=user)
    return text.encode(), version


def _statuses(wanted: str) -> list[str]:
    return list(Product.Status.values) if wanted == "all" else [wanted]


def _link(request: HttpRequest, ordering: str, place: tuple[list[Any], bool] | None) -> bytes:
    if place is None:
        return b"null"
    values, backwards = place
    cursor = make_cursor(listing.cursor_ordering(ordering), values, backwards=backwards)
    return orjson.dumps(page_url(request, cursor))
