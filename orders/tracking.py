"""The token by which a guest follows an order: signed, so that nothing has to be stored to check it.

It names one order, the order's tracking revision, and the moment it was made; whoever holds it may read that order, and
do nothing else. It ends after 30 days, or when the order gets another revision.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.utils import timezone

from orders.models import Order

VALID_FOR = timedelta(days=30)
SALT = "orders.tracking"
TOKEN = re.compile(r"[0-9a-f]{32}\.[0-9]+:[0-9A-Za-z]+:[\w-]{43}", re.ASCII)


def token_fields(order: Order) -> dict[str, Any]:
    """What the answer to a guest's POST says once: a token that reads the order for 30 days, where, and until when."""
    token = _token_of(order)
    return {
        "tracking_token": token,
        "tracking_url": _address(order, token),
        "tracking_token_expires_at": expiry_of_new(),
    }


def new_address(order: Order) -> str:
    """Where the order is followed, with a token made now."""
    return _address(order, _token_of(order))


def expiry_of_new() -> datetime:
    """Until when a token that is made now is valid."""
    return timezone.now().replace(microsecond=0) + VALID_FOR  # the signature counts whole seconds


def revision_of(token: str, order_id: UUID) -> int | None:
    """The order's revision that `token` was made for; None if it is not ours, too old, or another order's.

    It reads the order only while that is the order's revision.
    """
    try:
        named = TimestampSigner(salt=SALT).unsign(token, max_age=VALID_FOR)
    except BadSignature:
        return None
    order, _, revision = named.partition(".")
    return int(revision or 0) if order == order_id.hex else None  # the first tokens named no revision


def masked(text: str) -> str:
    """`text` without the tokens in it, for who may read the text and has no use for the tokens."""
    return TOKEN.sub("…", text)


def _token_of(order: Order) -> str:
    return TimestampSigner(salt=SALT).sign(f"{order.id.hex}.{order.tracking_revision}")


def _address(order: Order, token: str) -> str:
    template: str = settings.ORDER_TRACKING_URL
    return template.replace("{order_id}", str(order.id)).replace("{token}", quote(token, safe=":"))
