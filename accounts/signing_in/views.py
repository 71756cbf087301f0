from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import cognito, services
from accounts.cognito import Tokens
from accounts.permissions import Anyone
from accounts.signing_in.serializers import (
    LoginInput,
    MfaAnswer,
    PasswordReplacement,
    RefreshTokenInput,
    TokensShape,
)
from api.schema import problems
from api.serializers import parsed_body
from api.throttling import CREDENTIALS, count_email
from api.views import View

REFUSED = {
    "s403": "customer_blocked, account_not_confirmed, email_not_verified, password_change_required, "
    "challenge_not_supported, or mfa_required with a member `session`",
    "s409": "email_taken",
    "s429": "too_many_attempts",
    "s503": "unavailable",
}


class SignInView(View):
    """Calls that make or end a sign-in look at no token: an old one in the header must not keep anybody out.

    They count on the address that they come from, and on the e-mail address that they name.
    """

    authentication_classes = ()
    permission_classes = (Anyone,)
    throttle = CREDENTIALS

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        match request.data:
            case {"email": str(email)}:
                count_email(email)


class Login(SignInView):
    @extend_schema(
        operation_id="sign_in",
        tags=["accounts"],
        request=LoginInput,
        responses={200: TokensShape} | problems(400, 415, s401="invalid_credentials", **REFUSED),
    )
    def post(self, request: Request) -> Response:
        """Signs in with e-mail address and password. A wrong password and an unknown address get the same answer.

        Whoever has a second factor gets 403 `mfa_required` and goes on with `POST /auth/login/mfa`.
        """
        tokens, _ = services.sign_in(**parsed_body(request, LoginInput))
        return _given(tokens)


class LoginMfa(SignInView):
    @extend_schema(
        operation_id="sign_in_with_mfa",
        tags=["accounts"],
        request=MfaAnswer,
        responses={200: TokensShape} | problems(400, 415, s401="invalid_code, mfa_session_expired", **REFUSED),
    )
    def post(self, request: Request) -> Response:
        """The second step of a sign-in, with the `session` of the first. After `invalid_code` another code may follow;
        after `mfa_session_expired` (some minutes) the sign-in begins again."""
        tokens, _ = services.sign_in_with_code(**parsed_body(request, MfaAnswer))
        return _given(tokens)


class NewPassword(SignInView):
    @extend_schema(
        operation_id="replace_password",
        tags=["accounts"],
        request=PasswordReplacement,
        responses={200: TokensShape}
        | problems(415, s400="validation_error, invalid_json, weak_password", s401="invalid_credentials", **REFUSED),
    )
    def post(self, request: Request) -> Response:
        """Signs in who got a password from an administrator (403 `password_change_required`), and gives them a new one.

        Whoever need not change it signs in as ever, and keeps the password.
        """
        tokens, _ = services.sign_in_with_new_password(**parsed_body(request, PasswordReplacement))
        return _given(tokens)


class Refresh(SignInView):
    @extend_schema(
        operation_id="refresh_sign_in",
        tags=["accounts"],
        request=RefreshTokenInput,
        responses={200: TokensShape}
        | problems(400, 415, s401="invalid_token", s429="too_many_attempts", s503="unavailable"),
    )
    def post(self, request: Request) -> Response:
        """New tokens for a refresh token. Keep the one in the answer: where that is new, the old one is worthless."""
        return _given(cognito.refresh(**parsed_body(request, RefreshTokenInput)))


class Logout(SignInView):
    @extend_schema(
        operation_id="sign_out",
        tags=["accounts"],
        request=RefreshTokenInput,
        responses={204: None} | problems(400, 415, s429="too_many_attempts", s503="unavailable"),
    )
    def post(self, request: Request) -> Response:
        """Makes a refresh token worthless. Access tokens that it gave hold until they run out."""
        cognito.sign_out(**parsed_body(request, RefreshTokenInput))
        return Response(status=204)


def _given(tokens: Tokens) -> Response:
    """RFC 6749, section 5.1: an answer that holds a token is not to be kept by anybody on the way."""
    return Response(asdict(tokens), headers={"Cache-Control": "no-store"})
