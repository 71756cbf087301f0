"""Tokens that somebody made up, most of them from a good one. Every door refuses each of them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

Forge = Callable[[str, rsa.RSAPrivateKey], str]
"""Makes one from a good token and the pool's key, of which a forger has the public half."""


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _unsigned(alg: str) -> Forge:
    return lambda good, _: f"{part({'alg': alg, 'typ': 'JWT', 'kid': 'test'})}.{good.split('.')[1]}."


def _by_public_key(good: str, key: rsa.RSAPrivateKey) -> str:
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = f"{part({'alg': 'HS256', 'kid': 'test'})}.{good.split('.')[1]}"
    signature = base64.urlsafe_b64encode(hmac.new(public, signed.encode(), hashlib.sha256).digest()).decode()
    return f"{signed}.{signature.rstrip('=')}"


def _changed(**changes: Any) -> Forge:
    """Other claims under the good signature."""

    def forge(good: str, _: rsa.RSAPrivateKey) -> str:
        header, _payload, signature = good.split(".")
        return f"{header}.{part(_claims(good) | changes)}.{signature}"

    return forge


def _anew(**changes: Any) -> Forge:
    """What the pool itself has signed, for somebody or something else."""
    return lambda good, key: jwt.encode(_claims(good) | changes, key, algorithm="RS256", headers={"kid": "test"})


def _by_own_key(**header: Any) -> Forge:
    return lambda good, _: jwt.encode(_claims(good), _own_key(), algorithm="RS256", headers={"kid": "test"} | header)


def _with_own_key_in_it(good: str, _: rsa.RSAPrivateKey) -> str:
    public = json.loads(RSAAlgorithm.to_jwk(_own_key().public_key()))
    return _by_own_key(kid="own", jwk=public | {"kid": "own"})(good, _own_key())


def _followed_by(garbage: str) -> Forge:
    return lambda good, _: good + garbage


FORGERIES: dict[str, Forge] = {
    "alg none": _unsigned("none"),
    "alg nOnE": _unsigned("nOnE"),
    "HS256 by the public key": _by_public_key,
    "changed groups": _changed(**{"cognito:groups": ["admin"]}),
    "changed scope": _changed(scope="service/orders.write"),
    "own key under the pool's key id": _by_own_key(),
    "unknown key id": _by_own_key(kid="own"),
    "own key in the header": _with_own_key_in_it,
    "own key at an address in the header": _by_own_key(kid="own", jku="https://example.com/jwks.json"),
    "wrong issuer": _anew(iss="https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_other"),
    "issuer with something after it": _anew(iss="https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_x/"),
    "wrong client": _anew(client_id="another"),
    "id token": _anew(token_use="id"),
    "issued in the future": _anew(iat=int(time.time()) + 6000, exp=int(time.time()) + 9000),
    "not valid yet": _anew(nbf=int(time.time()) + 6000),
    "run out": _anew(iat=int(time.time()) - 6000, exp=int(time.time()) - 60),
    "=== after it": _followed_by("=="),
    "!! after it": _followed_by("!!"),
    "~~~~ after it": _followed_by("~~~~"),
    "a dot after it": _followed_by("."),
    "a fourth part": _followed_by(".e30"),
    "a letter after it": _followed_by("x"),
    "itself after it": lambda good, _: good + good,
}


def _claims(good: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(good, options={"verify_signature": False})
    return claims


@cache
def _own_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)
