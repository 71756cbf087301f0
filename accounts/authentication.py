"""Who calls. HTTP and WebSocket ask the same function, so that one rule lets people in or keeps them out."""

from __future__ import annotations

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.cognito import InvalidCredentials, Unavailable
from accounts.models import User
from accounts.services import user_for_token
from accounts.tokens import Claims, InvalidToken, KeysUnavailable


class CognitoAuthentication(BaseAuthentication):
    """`Authorization: Bearer <Cognito access token>`. Without the header the caller is nobody in particular."""

    def authenticate(self, request: Request) -> tuple[User, Claims] | None:
        token = bearer_token(request)
        if token is None:
            return None
        try:
            return user_for_token(token)
        except InvalidToken as error:
            raise AuthenticationFailed(f"The access token is not valid: {error}.", "invalid_token") from None
        except InvalidCredentials as error:
            raise AuthenticationFailed(error.detail, error.code) from None
        except KeysUnavailable:
            raise Unavailable("Sign-in cannot be checked right now.", headers={"Retry-After": "5"}) from None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def bearer_token(request: Request) -> str | None:
    """The token in the header, unchecked. Raises AuthenticationFailed for a header that holds something else."""
    header = get_authorization_header(request).decode("latin-1")
    if not header:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token or " " in token:
        raise AuthenticationFailed("The header must be: Authorization: Bearer <access token>.", "invalid_token")
    return token
