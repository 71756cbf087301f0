"""How a view answers when it has moved or changed an order."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from api.etags import answer, check_if_match
from api.idempotency import once
from orders.models import Order
from orders.reading.presentation import order_etag, order_json
from orders.reading.queries import read_parts
from orders.transitions import Check

MOVE_REFUSED = {"s409": "order_transition_not_allowed, idempotency_key_in_flight", "s422": "idempotency_key_reused"}
"""What each of them may be refused by, for the OpenAPI document."""


def moved(request: Request, move: Callable[..., Order]) -> Response:
    """Runs `move(by=…, check=…)` once per idempotency key, under `If-Match`, and answers with the order."""
    user = cast(User, request.user)

    def work() -> Response:
        return changed(request, move(by=user, check=unless_overtaken(request, user)), user)

    return once(request, str(user.pk), work)


def changed(request: Request, order: Order, user: User) -> Response:
    """The answer that shows an order as a change has left it."""
    read_parts(order)
    return answer(request, order_json(order, user), order_etag(order, user))


def unless_overtaken(request: Request, user: User) -> Check:
    """Refuses, by 412, to change an order that is no longer as `If-Match` says."""
    return lambda order: check_if_match(request, order_etag(order, user))


def caller_of(request: Request) -> User | None:
    return request.user if isinstance(request.user, User) else None
