from __future__ import annotations

from dataclasses import asdict
from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import cognito, services
from accounts.models import User
from accounts.permissions import Anyone, SignedIn
from accounts.serializers import LoginInput, MeShape, ProfileChange, RefreshTokenInput, TokensShape, me
from api.etags import answer, check_if_match, etag_of
from api.schema import problems
from api.serializers import parsed_body
from api.throttling import CREDENTIALS, count_email
from api.views import View

# RFC 6749, section 5.1: an answer that holds a token is not to be kept by anybody on the way.
NOT_STORED = {"Cache-Control": "no-store"}


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
        responses={200: TokensShape}
        | problems(
            400,
            415,
            s401="invalid_credentials",
            s403="customer_blocked, account_not_confirmed, email_not_verified, password_change_required",
            s409="email_taken",
            s429="too_many_attempts",
            s503="unavailable",
        ),
    )
    def post(self, request: Request) -> Response:
        """Signs in with e-mail address and password. A wrong password and an unknown address get the same answer."""
        tokens, _ = services.sign_in(**parsed_body(request, LoginInput))
        return Response(asdict(tokens), headers=NOT_STORED)


class Refresh(SignInView):
    @extend_schema(
        operation_id="refresh_sign_in",
        tags=["accounts"],
        request=RefreshTokenInput,
        responses={200: TokensShape}
        | problems(400, 415, s401="invalid_token", s429="too_many_attempts", s503="unavailable"),
    )
    def post(self, request: Request) -> Response:
        """New tokens for a refresh token."""
        tokens = cognito.refresh(**parsed_body(request, RefreshTokenInput))
        return Response(asdict(tokens), headers=NOT_STORED)


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


class Me(View):
    permission_classes = (SignedIn,)

    @extend_schema(operation_id="read_me", tags=["accounts"], responses={200: MeShape} | problems(401, 403, 503))
    def get(self, request: Request) -> Response:
        """The caller's profile."""
        user = cast(User, request.user)
        return answer(request, me(user), _etag(user))

    @extend_schema(
        operation_id="change_me",
        tags=["accounts"],
        request=ProfileChange,
        responses={200: MeShape} | problems(400, 401, 403, 412, 415, 503),
    )
    def patch(self, request: Request) -> Response:
        """Changes name or language; what is left out stays."""
        changes = parsed_body(request, ProfileChange)
        user = cast(User, request.user)
        check_if_match(request, _etag(user))
        user = services.change_profile(user=user, **changes)
        return answer(request, me(user), _etag(user))


def _etag(user: User) -> str:
    return etag_of(*me(user).values())
