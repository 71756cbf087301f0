"""The user pools whose people the shop knows: one for all, or one for customers and one for staff.

With one, its groups say who is staff. With two, the groups of the customers' pool say nothing: whoever may manage
customers there could otherwise make an admin of one. A `sub` names a user within a pool, so that an account is always
found by both (`User.pool`, `User.cognito_sub`).
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from accounts.models import User


@dataclass(frozen=True)
class Pool:
    """One user pool and our client in it. `has_staff` is whether its groups make somebody staff."""

    name: User.Pool
    id: str
    client_id: str
    issuer: str
    jwks_url: str
    has_staff: bool


def customers() -> Pool:
    return Pool(
        name=User.Pool.CUSTOMERS,
        id=settings.COGNITO_POOL_ID,
        client_id=settings.COGNITO_CLIENT_ID,
        issuer=settings.COGNITO_ISSUER,
        jwks_url=settings.COGNITO_JWKS_URL,
        has_staff=not settings.STAFF_COGNITO_POOL_ID,
    )


def staff() -> Pool:
    """The pool that staff sign in to: their own, or the one of all."""
    if not settings.STAFF_COGNITO_POOL_ID:
        return customers()
    return Pool(
        name=User.Pool.STAFF,
        id=settings.STAFF_COGNITO_POOL_ID,
        client_id=settings.STAFF_COGNITO_CLIENT_ID,
        issuer=settings.STAFF_COGNITO_ISSUER,
        jwks_url=settings.STAFF_COGNITO_JWKS_URL,
        has_staff=True,
    )


def named(name: str) -> Pool:
    """What `pool` in a request's body means; with one pool, both names mean it."""
    return staff() if name == User.Pool.STAFF else customers()


def with_issuer(issuer: object) -> Pool | None:
    return next((pool for pool in (customers(), staff()) if pool.issuer == issuer), None)


def with_id(pool_id: str) -> Pool | None:
    return next((pool for pool in (customers(), staff()) if pool.id == pool_id), None)
