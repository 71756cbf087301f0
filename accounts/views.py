from __future__ import annotations

from typing import cast

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.models import User
from accounts.permissions import SignedIn
from accounts.serializers import MeShape, ProfileChange, me
from api.etags import answer, check_if_match, etag_of
from api.schema import problems
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


def _etag(user: User) -> str:
    return etag_of(*me(user).values())
