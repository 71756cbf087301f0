"""The recorded events of orders, as their buyers and staff may read them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast, Concat

from accounts.models import User
from accounts.rights import Right, may
from events.models import Event
from orders.events import OrderEvent, OrderRejected
from orders.models import Order

TYPES = sorted(kind.__name__ for kind in (*OrderEvent.__subclasses__(), OrderRejected))
"""Events of orders. Nobody owns a refused one, so that only staff read of it."""


def events_of_order(order_id: UUID) -> Sequence[QuerySet[Event]]:
    return [Event.objects.filter(subject=f"order/{order_id}")]


def events_visible_to(
    user: User, *, event_type: str | None = None, email: str | None = None
) -> Sequence[QuerySet[Event]]:
    """Searches for `events.listing`: a customer's own, all for staff, or those of the orders of one e-mail address.

    For all, each type is searched by itself: by its own index, in which nothing lies between an order's events, such as
    the hundred thousand that an import leaves.
    """
    types = [event_type] if event_type else TYPES
    if not may(user, Right.READ_ORDERS):
        return [Event.objects.filter(customer_id=user.pk, type__in=types)]
    if email is None:
        return [Event.objects.filter(type=type) for type in types]
    subject = Concat(Value("order/"), Cast("pk", CharField()))
    subjects = Order.objects.filter(email=email.lower()).order_by().values_list(subject)
    return [Event.objects.filter(subject__in=subjects, type__in=types)]
