"""Access tokens that were checked before: a signature that held goes on holding, and costs 0.2 ms to find out again.

A process keeps what a token says under the token's SHA-256, until it expires. Nothing else is taken on trust: the pool
and its client must be those of the settings, the key must still be the one that the pool's address tells of, and
whether the account is blocked, and what its role is, is asked of the database for each request, as ever.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accounts.pools import Pool
    from accounts.tokens import Claims

MOST = 4096  # tokens, some 1 KiB each; whoever has not asked for longest is checked again


@dataclass(frozen=True)
class Checked:
    """What a token says, and what that was checked against."""

    claims: Claims
    pool: Pool
    kid: str
    key: Any


class CheckedTokens:
    """Safe between threads."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._kept: OrderedDict[bytes, Checked] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, token: str, *, leeway: float) -> Checked | None:
        """None for a token that was not seen, or has expired since: checking it again says so."""
        digest = _digest(token)
        with self._lock:
            kept = self._kept.get(digest)
            if kept is None:
                return None
            if kept.claims.expires_at <= time.time() - leeway:
                del self._kept[digest]
                return None
            self._kept.move_to_end(digest)
            return kept

    def put(self, token: str, checked: Checked) -> None:
        with self._lock:
            self._kept[_digest(token)] = checked
            while len(self._kept) > self.most:
                self._kept.popitem(last=False)


def _digest(token: str) -> bytes:
    """Tokens themselves are not kept: whoever could read the memory would have them all."""
    return hashlib.sha256(token.encode()).digest()
