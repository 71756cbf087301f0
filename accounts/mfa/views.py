"""The caller's second factor. To change it takes the password: a token alone, which may be stolen, is not enough."""

from __future__ import annotations

from typing import cast
from urllib.parse import quote, urlencode

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import cognito, pools
from accounts.authentication import bearer_token
from accounts.mfa.serializers import CodeInput, MfaSecretShape, MfaShape, PasswordInput
from accounts.models import User
from accounts.permissions import SignedIn
from accounts.tokens import Claims
from api.etags import answer, etag_of
from api.schema import problems
from api.serializers import parsed_body
from api.throttling import CREDENTIALS
from api.views import View

REFUSED = {
    "s401": "not_authenticated, invalid_token",
    "s403": "customer_blocked",
    "s409": "mfa_not_offered",
    "s429": "too_many_attempts",
    "s503": "unavailable",
}


class Mfa(View):
    permission_classes = (SignedIn,)
    throttle = CREDENTIALS

    @extend_schema(
        operation_id="read_mfa",
        tags=["accounts"],
        responses={200: MfaShape} | problems(401, 403, s429="too_many_attempts", s503="unavailable"),
    )
    def get(self, request: Request) -> Response:
        """Whether the caller's sign-in asks for a code."""
        enabled = cognito.mfa_enabled(_token(request))
        return answer(request, {"enabled": enabled}, etag_of(cast(User, request.user).pk, enabled))

    @extend_schema(
        operation_id="begin_mfa",
        tags=["accounts"],
        request=PasswordInput,
        responses={201: MfaSecretShape}
        | problems(415, s400="validation_error, invalid_json, wrong_password", **REFUSED),
    )
    def post(self, request: Request) -> Response:
        """A secret for an authenticator app. Nothing changes until `POST /me/mfa/confirm`."""
        secret = cognito.begin_mfa(_pool(request), _token(request), **parsed_body(request, PasswordInput))
        body = {"secret": secret, "otpauth_uri": _key_uri(secret, cast(User, request.user).email)}
        return Response(body, status=201, headers={"Cache-Control": "no-store"})


class ConfirmMfa(View):
    permission_classes = (SignedIn,)
    throttle = CREDENTIALS

    @extend_schema(
        operation_id="confirm_mfa",
        tags=["accounts"],
        request=CodeInput,
        responses={204: None} | problems(415, s400="validation_error, invalid_json, invalid_code", **REFUSED),
    )
    def post(self, request: Request) -> Response:
        """Sign-ins ask for a code from now on, if this one is of the secret that was given last."""
        cognito.confirm_mfa(_token(request), **parsed_body(request, CodeInput))
        return Response(status=204)


class DisableMfa(View):
    permission_classes = (SignedIn,)
    throttle = CREDENTIALS

    @extend_schema(
        operation_id="disable_mfa",
        tags=["accounts"],
        request=PasswordInput,
        responses={204: None} | problems(415, s400="validation_error, invalid_json, wrong_password", **REFUSED),
    )
    def post(self, request: Request) -> Response:
        """Sign-ins ask for no code any more."""
        cognito.end_mfa(_pool(request), _token(request), **parsed_body(request, PasswordInput))
        return Response(status=204)


def _token(request: Request) -> str:
    return str(bearer_token(request))


def _pool(request: Request) -> pools.Pool:
    return pools.named(cast(Claims, request.auth).pool)


def _key_uri(secret: str, email: str) -> str:
    """As authenticator apps read it: https://github.com/google/google-authenticator/wiki/Key-Uri-Format"""
    name = quote(f"{settings.SHOP_NAME}:{email}", safe=":@")
    return f"otpauth://totp/{name}?{urlencode({'secret': secret, 'issuer': settings.SHOP_NAME}, quote_via=quote)}"
