"""The number of an order that people read out: in sequence, or scrambled so that it tells nobody how many there are.

Scrambled it is a keyed permutation of the numbers below a billion, as format-preserving encryption makes one: a
balanced Feistel network whose round function is HMAC-SHA256, and cycle-walking back into the domain. After J. Black and
P. Rogaway, “Ciphers with Arbitrary Finite Domains” (CT-RSA 2002), the generalized Feistel cipher; NIST SP 800-38G's FF1
is built the same way, with ten rounds. A permutation never gives one number twice, so nothing has to be looked up.
"""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings

DOMAIN = 10**9
"""One more than the largest number of nine digits: so many orders can be numbered."""

ROUNDS = 10


def number_of(sequence: int, year: int) -> str:
    """`2026-000123`, or `2026-483920175` where ORDER_NUMBER_KEY is set: unique as `sequence` is, whatever the year.

    The scrambled ones have nine digits, so that they never meet those that were given in sequence before the key was
    set, as long as these were fewer than 100 million. Raises ValueError where `sequence` has left the domain.
    """
    if not settings.ORDER_NUMBER_KEY:
        return f"{year}-{sequence:06}"
    if not 0 <= sequence < DOMAIN:
        raise ValueError(f"{sequence} is beyond the numbers that can be scrambled.")
    return f"{year}-{scrambled(sequence, DOMAIN, settings.ORDER_NUMBER_KEY.encode()):09}"


def scrambled(value: int, domain: int, key: bytes) -> int:
    """`value`'s place in the permutation of 0 … `domain` − 1 that belongs to `key`."""
    half = ((domain - 1).bit_length() + 1) // 2
    while True:
        value = _feistel(value, half, key)
        if value < domain:  # a step outside is not the end of the walk: the next one is as good a permutation
            return value


def _feistel(value: int, half: int, key: bytes) -> int:
    """A permutation of the numbers of twice `half` bits."""
    left, right = value >> half, value & ((1 << half) - 1)
    for number in range(ROUNDS):
        digest = hmac.digest(key, number.to_bytes(1, "big") + right.to_bytes(8, "big"), hashlib.sha256)
        left, right = right, left ^ (int.from_bytes(digest[:8], "big") & ((1 << half) - 1))
    return left << half | right
