"""What a mail is to say, and to whom: the facts that a handler gathers, of which templates then make the text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from accounts.models import User
from invoices.models import Invoice
from notifications.mail import mime
from notifications.models import Mail
from orders.models import Order, OrderLine
from orders.wording import language_of, spoken


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A mail of one kind to one address. `shown` is what its templates know, beside what all of them do."""

    kind: Mail.Kind
    to: str
    language: str
    name: str = ""
    shown: Mapping[str, Any] = field(default_factory=dict)
    order: Order | None = None
    invoice: Invoice | None = None


def to_buyer(
    kind: Mail.Kind,
    order: Order,
    *,
    lines: list[OrderLine] | None = None,
    invoice: Invoice | None = None,
    **shown: Any,
) -> Letter:
    """To an order's buyer. The templates get the order with its lines, or with `lines` alone, and the invoice."""
    return Letter(
        kind=kind,
        to=order.email,
        language=language_of(order),
        name=(order.customer and order.customer.name) or order.shipping_address.get("name", ""),
        shown={"order": order, "lines": lines or list(order.lines.all()), "invoice": invoice, **shown},
        order=order,
        invoice=invoice,
    )


def to_customer(kind: Mail.Kind, user: User) -> Letter:
    return Letter(kind=kind, to=user.email, language=spoken(user.language), name=user.name, shown={"user": user})


def to_staff(kind: Mail.Kind, **shown: Any) -> list[Letter]:
    """One to each of the staff who are to know, so that an address that fails keeps no mail from the others."""
    return [
        Letter(kind=kind, to=to, language=settings.SHOP_LANGUAGE, shown=shown) for to in dict.fromkeys(mime.staff())
    ]
