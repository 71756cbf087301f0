from __future__ import annotations

from typing import cast

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.models import User
from accounts.own_data import erasing
from accounts.permissions import SignedIn
from accounts.serializers import MeShape, ProfileChange, me
from accounts.tokens import Claims
from api.etags import answer, check_if_match, etag_of
from api.schema import IF_MATCH, problems
from api.serializers import parsed_body
from api.views import View


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

    @extend_schema(
        operation_id="delete_me",
        tags=["accounts"],
        parameters=[IF_MATCH],
        responses={204: None}
        | problems(
            400,
            403,
            412,
            503,
            s401="not_authenticated, invalid_token, recent_sign_in_required",
            s409="open_orders, staff_account",
        ),
    )
    def delete(self, request: Request) -> Response:
        """Deletes the caller's account for good. Needs a sign-in of the last ten minutes, and no order that is open.
        What the law has the shop keep, invoices above all, stays."""
        erasing.check_recent_sign_in(cast(Claims, request.auth))
        with transaction.atomic(durable=True):
            erasing.erase_account(
                user_id=cast(User, request.user).pk, check=lambda user: check_if_match(request, _etag(user))
            )
        return Response(status=204)


def _etag(user: User) -> str:
    return etag_of(*me(user).values())
