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
class OrderShipped(OrderEvent):
    """A parcel of the order is on its way. `lines` holds SKU and quantity of what is in it.

    One event per parcel: `complete` says whether nothing is left to ship, which is when `status` becomes shipped.
    `tracking_url` is empty where the carrier has no page for it.
    """

    shipment_id: str
    carrier: str
    tracking_number: str
    tracking_url: str
    lines: list[dict[str, Any]]
    complete: bool


@dataclass(frozen=True, kw_only=True)
class OrderDelivered(OrderEvent):
    """The order has arrived."""


@dataclass(frozen=True, kw_only=True)
class OrderRefunded(OrderEvent):
    """Money was given back: `amount`, with the `tax` in it, of now `refunded` in all.

    One event per refund: `complete` says whether nothing is left to refund, which is when `status` becomes refunded.
    `restocked` holds SKU and quantity of what went back into stock.
    """

    refund_id: str
    amount: str
    tax: str
    refunded: str
    reason: str
    restocked: list[dict[str, Any]]
    complete: bool


@dataclass(frozen=True, kw_only=True)
class OrderDeleted(OrderEvent):
    """Staff took the order out of sight; where it was not cancelled already, OrderCancelled comes before."""


@dataclass(frozen=True, kw_only=True)
class OrderAddressChanged(OrderEvent):
    """An address of the order was changed. `kinds` says which: shipping, billing. Read the order for what it is now."""

    kinds: list[str]


@dataclass(frozen=True, kw_only=True)
class OrderRejected(DomainEvent):
    """An order was refused; nothing was taken. Goes to the audit bus.

    `code` is the problem code of the answer and `reason` its detail; `items` holds SKU and quantity of a
    hundred lines at most, and `available` where there was too little: these lines come first.
    """

    code: str
    request_id: str
    items: list[dict[str, Any]]
    reason: str = ""

    @property
    def subject(self) -> str:
        return f"request/{self.request_id}"
