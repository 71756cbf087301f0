"""What happens to an order. All but OrderRejected go to the SNS topic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from events.base import DomainEvent


@dataclass(frozen=True, kw_only=True)
class OrderEvent(DomainEvent, abstract=True):
    order_id: str
    number: str
    status: str
    total: str
    currency: str

    @property
    def subject(self) -> str:
        return f"order/{self.order_id}"


@dataclass(frozen=True, kw_only=True)
class OrderCreated(OrderEvent):
    """An order was placed and its stock taken. `lines` holds SKU and quantity of each."""

    lines: list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class OrderConfirmed(OrderEvent):
    """Staff accepted the order: the invoice follows."""


@dataclass(frozen=True, kw_only=True)
class OrderCancelled(OrderEvent):
    """The order was called off and its stock given back."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class OrderRejected(DomainEvent):
    """An order was refused; nothing was taken. Goes to the audit bus.

    `code` is the problem code of the answer; `items` holds SKU and quantity of the first hundred lines.
    """

    code: str
    request_id: str
    items: list[dict[str, Any]]

    @property
    def subject(self) -> str:
        return f"request/{self.request_id}"
