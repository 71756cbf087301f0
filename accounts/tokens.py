"""Checking Cognito access tokens (RS256, RFC 7519) against the pool's public keys (JWKS, RFC 7517)."""

from __future__ import annotations

import logging
import re
import threading
import time
from dataclasses import dataclass
from typing import Any

import jwt
import requests
from django.conf import settings

from accounts import pools
from accounts.checked import MOST, Checked, CheckedTokens
from accounts.pools import Pool

log = logging.getLogger(__name__)

ALGORITHM = "RS256"
MAX_LENGTH = 8192
SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
"""RFC 7515, section 3.1. The library passes over characters that are none of base64url's, wherever they stand."""
LEEWAY = 10  # seconds that our clock may differ from Cognito's
REFETCH_AFTER = 60.0  # seconds between two readings of the JWKS, whatever key ids clients invent
RETRY_AFTER = 5.0  # seconds after a reading that failed, so that an outage does not hold every request for its timeout


class InvalidToken(Exception):
    """The token is not one that this shop accepts. The text says why, without repeating the token."""


class KeysUnavailable(Exception):
    """The key that signed the token is not known yet, and the pool's public keys cannot be read now."""


@dataclass(frozen=True)
class Claims:
    """What a checked access token says of its bearer. Times are in Unix seconds.

    `sub` names them in `pool` alone; `groups` are none where the pool's groups say nothing, see accounts/pools.py.
    `service` is the name of a program that calls by itself, and empty for people.
    """

    pool: str
    sub: str
    groups: frozenset[str]
    scopes: frozenset[str]
    service: str
    issued_at: int
    expires_at: int
    signed_in_at: int  # with the password: tokens that were refreshed since still say so. 0: it is not known


class KeySet:
    """A pool's keys by key id. A fetch that fails keeps the old ones: an outage of the address locks nobody out."""

    def __init__(self) -> None:
        self._keys: dict[str, Any] = {}
        self._next_reading = float("-inf")
        self._failed = False
        self._lock = threading.Lock()

    def get(self, kid: str, address: str) -> Any:
        """The key. `address` is where it is read if it is not known."""
        if kid not in self._keys:
            with self._lock:
                if kid not in self._keys and time.monotonic() >= self._next_reading:
                    self._read(address)
        if kid in self._keys:
            return self._keys[kid]
        if self._failed:
            raise KeysUnavailable("the public keys cannot be read")
        raise InvalidToken("it is signed with an unknown key")

    def holds(self, kid: str, key: Any) -> bool:
        """Whether the key is still the one of that id."""
        return self._keys.get(kid) is key

    def _read(self, address: str) -> None:
        try:
            answer = requests.get(address, timeout=5)
            answer.raise_for_status()
            keys = jwt.PyJWKSet.from_dict(answer.json()).keys
        except (requests.RequestException, ValueError, jwt.PyJWTError, AttributeError) as error:
            log.warning("the public keys cannot be read: %s", error)
            self._failed, self._next_reading = True, time.monotonic() + RETRY_AFTER
            return
        self._keys = {key.key_id: key.key for key in keys if key.key_id and key.key_type == "RSA"}
        self._failed, self._next_reading = False, time.monotonic() + REFETCH_AFTER


keys: dict[str, KeySet] = {}
"""By issuer, of which there are as many as pools: a flood of unknown key ids of one keeps nobody of the other out."""


checked = CheckedTokens(MOST)


def verify(token: str) -> Claims:
    """The claims of an access token of our pools and clients. Raises InvalidToken, or KeysUnavailable in an outage."""
    kept = checked.get(token, leeway=LEEWAY)
    if kept and kept.pool == pools.with_issuer(kept.pool.issuer) and _keys_of(kept.pool).holds(kept.kid, kept.key):
        return kept.claims
    found = _verify(token)
    if not found.claims.service:  # which of our clients are programs is a setting of its own
        checked.put(token, found)
    return found.claims


def _keys_of(pool: Pool) -> KeySet:
    return keys.setdefault(pool.issuer, KeySet())


def _verify(token: str) -> Checked:
    if len(token) > MAX_LENGTH:
        raise InvalidToken("it is too long")
    if not SHAPE.fullmatch(token):
        raise InvalidToken("it is malformed")
    try:
        said = jwt.decode_complete(token, options={"verify_signature": False})
        # Both before any key is looked for, so that junk never makes us read the JWKS.
        if said["header"].get("alg") != ALGORITHM:
            raise InvalidToken(f"it must be signed with {ALGORITHM}")
        if (pool := pools.with_issuer(said["payload"].get("iss"))) is None:
            raise InvalidToken("it was issued by another pool")
        kid = str(said["header"].get("kid", ""))
        key = _keys_of(pool).get(kid, pool.jwks_url)
        claims = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            issuer=pool.issuer,
            leeway=LEEWAY,
            options={"require": ["exp", "iat", "iss", "sub"], "verify_aud": False},
        )
    except jwt.PyJWTError as error:
        raise InvalidToken(str(error).rstrip(".")) from None
    except RecursionError:  # JSON nested a thousand deep, which the parser gives up on
        raise InvalidToken("it is malformed") from None
    if claims.get("token_use") != "access":
        raise InvalidToken("it is not an access token")
    client = claims.get("client_id")
    service = settings.SERVICE_CLIENTS.get(str(client), "") if pool.has_staff else ""
    if client != pool.client_id and not service:
        raise InvalidToken("it was issued to another client")
    if (claims["sub"] == client) != bool(service):  # by client credentials, and to no person
        raise InvalidToken("it was not issued in the way of this client")
    scope = claims.get("scope", "")
    if not isinstance(scope, str):
        raise InvalidToken("its scope is malformed")
    says = Claims(
        pool=pool.name,
        sub=claims["sub"],
        groups=frozenset(claims.get("cognito:groups", [])) if pool.has_staff else frozenset(),
        scopes=frozenset(scope.split()),
        service=service,
        issued_at=int(claims["iat"]),
        expires_at=int(claims["exp"]),
        signed_in_at=int(claims.get("auth_time", 0)),
    )
    return Checked(says, pool, kid, key)
