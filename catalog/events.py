"""What happens in the catalog. All of these go to the EventBridge bus."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from events.base import DomainEvent
from events.schemas import COMPONENT


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

    product: dict[str, Any] = field(metadata={COMPONENT: "ProductShape"})


@dataclass(frozen=True, kw_only=True)
class ProductUpdated(ProductEvent):
    """A product was changed: `changed` names the fields that differ, `product` is its JSON afterwards."""

    changed: list[str]
    product: dict[str, Any] = field(metadata={COMPONENT: "ProductShape"})


@dataclass(frozen=True, kw_only=True)
class ProductDeleted(ProductEvent):
    """A product is gone; or, with `archived`, out of the shop window and kept, because it was ordered once."""

    archived: bool


@dataclass(frozen=True, kw_only=True)
class CategoryChanged(DomainEvent):
    """A category was changed: `changed` names the fields that differ, `name`, `slug`, `parent_id` or `attributes`.

    Products show their category's name and slug: for those of its branch, no ProductUpdated is told besides.
    """

    category_id: str
    changed: list[str]
    name: str
    slug: str
    parent_id: str | None

    @property
    def subject(self) -> str:
        return f"category/{self.category_id}"


@dataclass(frozen=True, kw_only=True)
class VariantEvent(DomainEvent, abstract=True):
    product_id: str
    sku: str

    @property
    def subject(self) -> str:
        return f"variant/{self.sku}"


@dataclass(frozen=True, kw_only=True)
class StockChanged(VariantEvent):
    """Staff or an import set a variant's stock right. What orders take and give back is told by their own events."""

    delta: int
    balance: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class StockLow(VariantEvent):
    """A variant's stock fell to its threshold or below it: told once, until it has been above it again."""

    balance: int
    threshold: int


@dataclass(frozen=True, kw_only=True)
class ImportRequested(DomainEvent):
    """A file waits to be taken over by a worker, all of it or what is left after its first `done` rows.

    Recorded when staff start an import, and again each time a worker has given it as long as one message may take.
    """

    import_id: str
    kind: str
    done: int

    @property
    def subject(self) -> str:
        return f"import/{self.import_id}"
