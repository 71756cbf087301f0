"""What happens in the catalog. All of these go to the EventBridge bus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from events.base import DomainEvent


@dataclass(frozen=True, kw_only=True)
class ProductEvent(DomainEvent, abstract=True):
    product_id: str
    code: str

    @property
    def subject(self) -> str:
        return f"product/{self.product_id}"


@dataclass(frozen=True, kw_only=True)
class ProductCreated(ProductEvent):
    """A product was made. `product` is its JSON as the API shows it."""

    product: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class StockChanged(DomainEvent):
    """Staff or an import set a variant's stock right. What orders take and give back is told by their own events."""

    product_id: str
    sku: str
    delta: int
    balance: int
    reason: str

    @property
    def subject(self) -> str:
        return f"variant/{self.sku}"
