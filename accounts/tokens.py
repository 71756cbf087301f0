"""Checking Cognito access tokens (RS256, RFC 7519) against the pool's public keys (JWKS, RFC 7517)."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

import jwt
import requests
from django.conf import settings

MAX_LENGTH = 8192
LEEWAY = 10  # seconds that our clock may differ from Cognito's
REFETCH_AFTER = 60.0  # seconds between two readings of the JWKS, whatever key ids clients invent


class InvalidToken(Exception):
    """The token is not one that this shop accepts. The text says why, without repeating the token."""


class KeysUnavailable(Exception):
    """The pool's public keys have never been read and cannot be read now."""


@dataclass(frozen=True)
class Claims:
    """What a checked access token says of its bearer. `expires_at` is in Unix seconds."""

    sub: str
    groups: frozenset[str]
    expires_at: int


class KeySet:
    """The pool's keys by key id. A fetch that fails keeps the old ones: an outage of the address locks nobody out."""

    def __init__(self) -> None:
        self._keys: dict[str, Any] = {}
        self._read_at = float("-inf")
        self._lock = threading.Lock()

    def get(self, kid: str) -> Any:
        if kid not in self._keys:
            with self._lock:
                if kid not in self._keys and time.monotonic() - self._read_at >= REFETCH_AFTER:
                    self._fetch()
        if kid not in self._keys:
            raise InvalidToken("it is signed with an unknown key")
        return self._keys[kid]

    def _fetch(self) -> None:
        try:
            answer = requests.get(settings.COGNITO_JWKS_URL, timeout=5)
            answer.raise_for_status()
            keys = jwt.PyJWKSet.from_dict(answer.json()).keys
        except (requests.RequestException, ValueError, jwt.PyJWTError) as error:
            if not self._keys:
                raise KeysUnavailable(f"the public keys cannot be read: {error}") from error
            self._read_at = time.monotonic()
            return
        self._keys = {key.key_id: key.key for key in keys if key.key_id}
        self._read_at = time.monotonic()


keys = KeySet()


def verify(token: str) -> Claims:
    """The claims of an access token of our pool and client. Raises InvalidToken, or KeysUnavailable in an outage."""
    if len(token) > MAX_LENGTH:
        raise InvalidToken("it is too long")
    try:
        kid = jwt.get_unverified_header(token).get("kid", "")
        claims = jwt.decode(
            token,
            keys.get(str(kid)),
            algorithms=["RS256"],
            issuer=settings.COGNITO_ISSUER,
            leeway=LEEWAY,
            options={"require": ["exp", "iat", "iss", "sub"], "verify_aud": False},
        )
    except jwt.PyJWTError as error:
        raise InvalidToken(str(error)) from None
    if claims.get("token_use") != "access":
        raise InvalidToken("it is not an access token")
    if claims.get("client_id") != settings.COGNITO_CLIENT_ID:
        raise InvalidToken("it was issued to another client")
    return Claims(claims["sub"], frozenset(claims.get("cognito:groups", [])), claims["exp"])
