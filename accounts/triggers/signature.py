"""Proof that a call comes from our trigger function: an HMAC (RFC 2104) over the time and the body's bytes."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Mapping

from django.conf import settings

from api.problems import Problem

TOLERANCE = 300  # seconds that the time of signing may differ from ours, before and behind
TIMESTAMP = re.compile(r"[0-9]{1,12}")


class InvalidSignature(Problem):
    """One answer for every reason. RFC 9110 wants a scheme named with each 401: the signature is ours."""

    status, code = 401, "invalid_signature"

    def __init__(self) -> None:
        super().__init__(
            "Only the shop's own trigger function may call this, signed and within five minutes.",
            headers={"WWW-Authenticate": "Shop-Signature"},
        )


def check_signature(headers: Mapping[str, str], body: bytes) -> None:
    """Raises InvalidSignature unless `X-Shop-Signature` is `v1=<hex>` of `<X-Shop-Timestamp>.<body>`, signed lately.

    A call that is sent again within the tolerance passes: what it does must be the same done twice.
    """
    timestamp = headers.get("X-Shop-Timestamp", "")
    if not TIMESTAMP.fullmatch(timestamp) or abs(time.time() - int(timestamp)) > TOLERANCE:
        raise InvalidSignature
    message = timestamp.encode() + b"." + body
    expected = "v1=" + hmac.new(settings.TRIGGER_SECRET.encode(), message, hashlib.sha256).hexdigest()
    # As bytes, for compare_digest takes no text beyond ASCII.
    if not hmac.compare_digest(expected.encode(), headers.get("X-Shop-Signature", "").encode("utf-8", "replace")):
        raise InvalidSignature
