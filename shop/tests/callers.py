"""Everybody who may come to the door, from nobody in particular to the bearer of a foreign pool's token."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

from accounts.machines import account_of
from accounts.models import User, flags_of
from accounts.rights import Role

CLIENT = "5warehouse1client2id"
PROGRAMS = ("service", "bare")
SCOPES = "service/catalog.read service/catalog.write service/orders.read service/orders.write"
BAD_TOKENS = ("expired", "id", "foreign")
CALLERS = ("nobody", "owner", "other", "catalog", "support", "staff", "admin", *PROGRAMS, "blocked", *BAD_TOKENS)
"""In the order of the table's columns. `catalog` and `support` are staff of that part alone. `service` is a program
with all scopes, `bare` is it without any. `blocked` is the owner, from now on; bad tokens would be an admin's."""

STAFF = (Role.CATALOG, Role.SUPPORT, Role.STAFF, Role.ADMIN)
People = dict[str, User]


def people() -> People:
    """Makes those of them who have an account."""
    roles = {"owner": Role.CUSTOMER, "other": Role.CUSTOMER} | {role.value: role for role in STAFF}
    known = {
        name: User.objects.create_user(f"{name}@example.com", cognito_sub=f"sub-{name}", **flags_of(role))
        for name, role in roles.items()
    }
    return known | dict.fromkeys(PROGRAMS, account_of("warehouse"))


def token_of(caller: str, known: People, mint: Callable[..., str]) -> str | None:
    """What the caller sends as access token. `blocked` blocks the owner."""
    now = int(time.time())
    match caller:
        case "nobody":
            return None
        case "blocked":
            User.objects.filter(pk=known["owner"].pk).update(is_active=False)
            return mint(known["owner"])
        case "service" | "bare":
            scope = SCOPES if caller == "service" else "openid"
            return mint(User(), sub=CLIENT, client_id=CLIENT, scope=scope, **{"cognito:groups": None})
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
