"""Finding the order of somebody at the phone: by whatever they have at hand, each by an index of its own.

One condition over all of it would have PostgreSQL read the whole table. So each way gives the ids that it finds, the
newest first, and no more than a page could use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import F, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Reverse

from catalog.models.fields import canonical_sku
from orders.models import Order, OrderLine, Shipment

MOST = 500
"""Orders that each way finds, the newest."""
AMOUNT = re.compile(r"\d{1,12}([.,]\d{1,3})?")
WORD = re.compile(r"[^\W_]+")
NAME = SearchVector(KT("shipping_address__name"), config="simple")
"""As the index `order_by_name` has it."""


def found_by(term: str) -> set[UUID]:
    """The orders that `term` may mean."""
    term = term.strip()
    if not term:
        return set()
    return {id for way in _ways(term) for id in way[:MOST]}


def _ways(term: str) -> Iterator[QuerySet[Any, UUID]]:
    newest = Order.objects.order_by("-created_at", "-id").values_list("id", flat=True)
    small = term.lower()
    if "@" in term:
        yield newest.filter(email__startswith=small)
        return
    yield newest.filter(number=term.upper())
    if len(term) >= 3:
        backwards = Reverse(F("number"))
        yield newest.alias(backwards=backwards).filter(backwards__startswith=term.upper()[::-1])
        yield newest.filter(email__startswith=small)
    if AMOUNT.fullmatch(term):
        yield newest.filter(total=Decimal(term.replace(",", ".")))
    lines = OrderLine.objects.filter(sku=canonical_sku(term)).order_by("-order_id")
    yield lines.values_list("order_id", flat=True)
    parcels = Shipment.objects.filter(tracking_number__in={term, term.upper()}).order_by()
    yield parcels.values_list("order_id", flat=True)
    if words := WORD.findall(term):
        query = SearchQuery(" & ".join(f"{word}:*" for word in words), search_type="raw", config="simple")
        yield newest.alias(named=NAME).filter(named=query)
