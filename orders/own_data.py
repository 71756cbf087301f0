"""What the orders store about a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import CharField, Exists, F, Func, JSONField, OuterRef, QuerySet, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Concat, JSONObject

from accounts.models import User
from accounts.own_data.parts import erases, hinders, in_batches, tells
from catalog.models import StockMovement
from events.models import Event
from orders.errors import OpenOrders
from orders.models import AddressChange, Note, Order, OrderHistory
from orders.reading.presentation import order_json
from orders.reading.queries import with_parts

Status = Order.Status
OPEN = (Status.PENDING, Status.CONFIRMED, Status.SHIPPED)
NAMED = 10
"""Orders that a refusal names."""
WITHOUT_REASON = Func(
    F("data"),
    Value({"reason": ""}, JSONField()),
    template="(%(expressions)s)",
    arg_joiner=" || ",
    output_field=JSONField(),
)
BLANK = dict.fromkeys(("name", "line1", "line2", "city", "region", "postal_code"), Value(""))


@tells("orders")
def orders(user: User) -> Iterator[dict[str, Any]]:
    """As the buyer reads them; and what they do not: the shop's own notes, former addresses, orders that were deleted.

    A note's author is left out: it is staff's own data.
    """
    for order in in_batches(with_parts(Order.objects.filter(customer=user)).prefetch_related("address_changes")):
        notes = [{"text": row.text, "for_buyer": row.for_buyer, "at": row.at} for row in order.notes.all()]
        former = [{"kind": row.kind, "address": row.before, "until": row.at} for row in order.address_changes.all()]
        yield order_json(order, None) | {
            "notes": notes,
            "former_addresses": former,
            "deleted_at": order.hidden_at,
        }


@hinders
def open_orders(user: User) -> None:
    numbers = list(_orders(user).filter(status__in=OPEN).values_list("number", flat=True)[:NAMED])
    if numbers:
        raise OpenOrders(f"These orders are not finished yet: {', '.join(numbers)}.", orders=numbers)


@erases
def forget_orders(user: User) -> None:
    """An order that was confirmed is a contract, and stays as it was concluded; of one that never was, the sums stay.

    What the buyer wrote beside it goes from all of them, and their address wherever it says who did something.
    """
    own, nobody = _orders(user), user.address_of_nobody
    # The account's address follows Cognito's, while an order keeps the one that it was placed under.
    addresses = {user.email, *own.values_list("email", flat=True).distinct()}
    by_buyer = OrderHistory.objects.filter(order__customer=user, by__in=addresses)
    # The buyer's reason stands in the event, too; of the shop's own, nothing is told to anybody else.
    called_off = by_buyer.filter(status=Status.CANCELLED).order_by()
    subjects = called_off.values_list(Concat(Value("order/"), Cast("order_id", CharField())))
    Event.objects.filter(subject__in=subjects, type="OrderCancelled").update(data=WITHOUT_REASON)
    by_buyer.update(by=nobody, reason="")
    AddressChange.objects.filter(order__customer=user).delete()
    StockMovement.objects.filter(order_id__in=own.values("pk"), by__in=addresses).update(by=nobody)

    confirmed = OrderHistory.objects.filter(order=OuterRef("pk"), status=Status.CONFIRMED)
    never_confirmed = own.filter(~Exists(confirmed), status=Status.CANCELLED)
    Note.objects.filter(order__in=never_confirmed.values("pk")).delete()
    never_confirmed.update(
        email=nobody,
        shipping_address=JSONObject(**BLANK, country=KT("shipping_address__country")),
        billing_address=None,
    )
    own.update(note="", version=F("version") + 1)


def _orders(user: User) -> QuerySet[Order]:
    return Order.objects.filter(customer=user).order_by()
