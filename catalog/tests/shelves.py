"""Products to look for, and what a list shows of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from catalog.models import Product
from catalog.products.services import VariantFacts, create_product


def put(code: str, price: str = "10.00", *, stock: int = 5, **facts: Any) -> Product:
    """A product with one variant, or with `variants`."""
    variants = facts.pop("variants", [VariantFacts(sku=code, price=Decimal(price), stock=stock)])
    return create_product(**{"code": code, "name": code, "variants": variants, "by": "test"} | facts)


def codes(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["code"] for row in answer.json()["results"]]


def path_of(url: str | None) -> str:
    """What a client asks for next, for a test's client that has no host; empty at the end."""
    parts = urlsplit(url or "")
    return f"{parts.path}?{parts.query}" if url else ""
