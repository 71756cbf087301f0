"""The token by which a guest follows an order: signed, so that nothing has to be stored to check it.

It names one order and the moment it was made; whoever holds it may read that order, and do nothing else.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.signing import BadSignature, TimestampSigner
from django.utils import timezone

from orders.models import Order

VALID_FOR = timedelta(days=30)
SALT = "orders.tracking"


def token_fields(order: Order) -> dict[str, Any]:
    """What the answer to a guest's POST says once: a token that reads the order for 30 days, and until when."""
    expires_at = timezone.now().replace(microsecond=0) + VALID_FOR  # the signature counts whole seconds
    return {"tracking_token": TimestampSigner(salt=SALT).sign(order.id.hex), "tracking_token_expires_at": expires_at}


def reads(token: str, order_id: UUID) -> bool:
    """Whether `token` is ours, still valid, and made for this very order."""
    try:
        return TimestampSigner(salt=SALT).unsign(token, max_age=VALID_FOR) == order_id.hex
    except BadSignature:
        return False
