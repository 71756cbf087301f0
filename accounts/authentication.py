"""Who the caller is. HTTP and WebSocket ask the same function, so that one rule lets people in or keeps them out."""

from __future__ import annotations

from django.db import transaction
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts import cognito
from accounts.models import User
from accounts.tokens import Claims, InvalidToken, KeysUnavailable, verify
from api.problems import Problem


class Blocked(Problem):
    status, code = 403, "customer_blocked"


def user_for_token(token: str) -> tuple[User, Claims]:
    """The user that a token names, made or refreshed from Cognito on first sight; later calls only read.

    Raises InvalidToken, KeysUnavailable, and Blocked for a person who was shut out.
    """
    claims = verify(token)
    user = User.objects.filter(cognito_sub=claims.sub).first()
    if user is None:
        user = _welcome(claims, token)
    if not user.is_active:
        raise Blocked("This account is blocked. Ask the shop.")
    _follow_groups(user, claims)
    return user, claims


def _welcome(claims: Claims, token: str) -> User:
    profile = cognito.profile_of(token)
    with transaction.atomic():
        user = User.objects.select_for_update().filter(email__iexact=profile.email).first() or User(
            email=profile.email.lower(), name=profile.name
        )
        if user.password == "":
            user.set_unusable_password()
        user.cognito_sub = claims.sub
        user.save()
    return user


def _follow_groups(user: User, claims: Claims) -> None:
    admin = "admin" in claims.groups
    staff = admin or "staff" in claims.groups
    if (user.is_staff, user.is_superuser) != (staff, admin):
        user.is_staff, user.is_superuser = staff, admin
        user.save(update_fields=["is_staff", "is_superuser"])


class CognitoAuthentication(BaseAuthentication):
    """`Authorization: Bearer <Cognito access token>`. Without the header the caller is nobody in particular."""

    def authenticate(self, request: Request) -> tuple[User, Claims] | None:
        header = get_authorization_header(request).decode("latin-1")
        if not header:
            return None
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token or " " in token:
            raise AuthenticationFailed("The header must be: Authorization: Bearer <access token>.", "invalid_token")
        try:
            return user_for_token(token)
        except InvalidToken as error:
            raise AuthenticationFailed(f"The access token is not valid: {error}.", "invalid_token") from None
        except KeysUnavailable:
            raise Problem(
                "Sign-in cannot be checked right now.", status=503, code="unavailable", headers={"Retry-After": "5"}
            ) from None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
