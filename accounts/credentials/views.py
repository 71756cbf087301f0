"""Getting a sign-in of one's own, and a new password for it. What each call answers is the same for every address."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import cognito
from accounts.authentication import bearer_token
from accounts.credentials.serializers import (
    ConfirmationInput,
    EmailInput,
    PasswordChange,
    PasswordForgotten,
    PasswordReset,
    SignedUpShape,
    SignUpInput,
)
from accounts.permissions import SignedIn
from accounts.signing_in.views import SignInView
from api.schema import problems
from api.serializers import parsed_body
from api.throttling import CREDENTIALS
from api.views import View

AWAY = {"s429": "too_many_attempts", "s503": "unavailable"}


class SignUp(SignInView):
    @extend_schema(
        operation_id="sign_up",
        tags=["accounts"],
        request=SignUpInput,
        responses={201: SignedUpShape}
        | problems(415, s400="validation_error, invalid_json, weak_password", s403="sign_up_refused", **AWAY),
    )
    def post(self, request: Request) -> Response:
        """Signs up; a code is mailed, for `POST /auth/confirm`. An address that is taken gets the same answer, and no
        mail."""
        facts = parsed_body(request, SignUpInput)
        cognito.sign_up(**facts)
        return Response({"email": facts["email"]}, status=201)


class Confirm(SignInView):
    @extend_schema(
        operation_id="confirm_sign_up",
        tags=["accounts"],
        request=ConfirmationInput,
        responses={204: None} | problems(415, s400="validation_error, invalid_json, invalid_code", **AWAY),
    )
    def post(self, request: Request) -> Response:
        """Confirms the address with the mailed code. A wrong code, one that has run out, and an address that waits for
        none get the same answer."""
        cognito.confirm(**parsed_body(request, ConfirmationInput))
        return Response(status=204)


class ResendCode(SignInView):
    @extend_schema(
        operation_id="resend_code",
        tags=["accounts"],
        request=EmailInput,
        responses={204: None} | problems(400, 415, **AWAY),
    )
    def post(self, request: Request) -> Response:
        """Mails another code to who waits for confirmation. Every other address gets the same answer."""
        cognito.resend_code(**parsed_body(request, EmailInput))
        return Response(status=204)


class ForgotPassword(SignInView):
    @extend_schema(
        operation_id="forgot_password",
        tags=["accounts"],
        request=PasswordForgotten,
        responses={204: None} | problems(400, 415, **AWAY),
    )
    def post(self, request: Request) -> Response:
        """Mails a code for `POST /auth/reset-password`. An address without an account gets the same answer."""
        cognito.forgot_password(**parsed_body(request, PasswordForgotten))
        return Response(status=204)


class ResetPassword(SignInView):
    @extend_schema(
        operation_id="reset_password",
        tags=["accounts"],
        request=PasswordReset,
        responses={204: None}
        | problems(415, s400="validation_error, invalid_json, weak_password, invalid_code", **AWAY),
    )
    def post(self, request: Request) -> Response:
        """Sets a new password with the mailed code. A wrong code, one that has run out, and an address without an
        account get the same answer."""
        cognito.reset_password(**parsed_body(request, PasswordReset))
        return Response(status=204)


class ChangePassword(View):
    permission_classes = (SignedIn,)
    throttle = CREDENTIALS

    @extend_schema(
        operation_id="change_password",
        tags=["accounts"],
        request=PasswordChange,
        responses={204: None}
        | problems(
            415,
            s400="validation_error, invalid_json, wrong_password, weak_password",
            s401="not_authenticated, invalid_token",
            s403="customer_blocked",
            **AWAY,
        ),
    )
    def post(self, request: Request) -> Response:
        """Sets a new password for the caller, who gives the present one too."""
        cognito.change_password(str(bearer_token(request)), **parsed_body(request, PasswordChange))
        return Response(status=204)
