"""The pool's rules for passwords, checked before the pool is asked.

It may look at the address first, or at the code, and a weak password would then tell which addresses have an account.
"""

from __future__ import annotations

import functools
import string
import time
from dataclasses import dataclass

from accounts.cognito.problems import WeakPassword, translated, unavailable
from accounts.pools import Pool
from events import aws

KEPT_FOR = 300  # seconds that a process goes by what it has read
SYMBOLS = frozenset("^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+- ")  # Cognito's own list
KINDS = {
    "RequireUppercase": ("a capital letter", frozenset(string.ascii_uppercase)),
    "RequireLowercase": ("a small letter", frozenset(string.ascii_lowercase)),
    "RequireNumbers": ("a digit", frozenset(string.digits)),
    "RequireSymbols": ("a symbol", SYMBOLS),
}


@dataclass(frozen=True)
class Policy:
    """At least so many characters, with at least one of each of these kinds: what it is called, and what belongs."""

    length: int
    kinds: tuple[tuple[str, frozenset[str]], ...]

    def allows(self, password: str) -> bool:
        return (
            len(password) >= self.length
            and password == password.strip()
            and all(wanted & set(password) for _, wanted in self.kinds)
        )

    def __str__(self) -> str:
        rules = [f"{self.length} characters or more", *(name for name, _ in self.kinds), "no space at either end"]
        return f"It needs {', '.join(rules[:-1])}, and {rules[-1]}."


def check_password(pool: Pool, password: str, field: str = "password") -> None:
    """Raises WeakPassword, which names `field`, or Unavailable."""
    policy = read(pool.id, int(time.monotonic() // KEPT_FOR))
    if not policy.allows(password):
        raise WeakPassword(field, "weak_password", str(policy))


@functools.lru_cache(maxsize=2)
def read(pool_id: str, window: int) -> Policy:
    """The policy of a pool; `window` is a number that changes when it is time to read it again."""
    with translated(unavailable()):
        pool = aws.client("cognito-idp").describe_user_pool(UserPoolId=pool_id)["UserPool"]
    rules = pool.get("Policies", {}).get("PasswordPolicy", {})
    return Policy(
        length=rules.get("MinimumLength", 6),
        kinds=tuple(kind for rule, kind in KINDS.items() if rules.get(rule)),
    )
