"""Everybody who may come to the door, from nobody in particular to the bearer of a foreign pool's token."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

from accounts.models import User

CALLERS = ("nobody", "owner", "other", "staff", "admin", "blocked", "expired", "id", "foreign")
"""In the order of the table's columns. `blocked` is the owner, from now on; the last three would be an admin."""

People = dict[str, User]


def people() -> People:
    """Makes those of them who have an account."""
    roles: dict[str, dict[str, Any]] = {
        "owner": {},
        "other": {},
        "staff": {"is_staff": True},
        "admin": {"is_staff": True, "is_superuser": True},
    }
    return {
        role: User.objects.create_user(f"{role}@example.com", cognito_sub=f"sub-{role}", **flags)
        for role, flags in roles.items()
    }


def token_of(caller: str, known: People, mint: Callable[..., str]) -> str | None:
    """What the caller sends as access token. `blocked` blocks the owner."""
    now = int(time.time())
    match caller:
        case "nobody":
            return None
        case "blocked":
            User.objects.filter(pk=known["owner"].pk).update(is_active=False)
            return mint(known["owner"])
        case "expired":
            return mint(known["admin"], iat=now - 7200, exp=now - 3600)
        case "id":
            return mint(known["admin"], token_use="id", client_id=None, aud=settings.COGNITO_CLIENT_ID)
        case "foreign":
            claims = jwt.decode(mint(known["admin"]), options={"verify_signature": False})
            claims["iss"] = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_foreign"
            return jwt.encode(claims, _foreign_key(), algorithm="RS256", headers={"kid": "foreign"})
        case _:
            return mint(known[caller])


@cache
def _foreign_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)
