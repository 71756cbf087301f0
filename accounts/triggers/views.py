from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Anyone
from accounts.triggers.serializers import PostConfirmationEvent, PreAuthenticationEvent
from accounts.triggers.services import check_sign_in, confirm
from accounts.triggers.signature import check_signature
from api.schema import problems
from api.views import View

SIGNED = [
    OpenApiParameter(
        "X-Shop-Timestamp",
        {"type": "string", "pattern": "^[0-9]{1,12}$"},
        OpenApiParameter.HEADER,
        required=True,
        description="When the call was signed, in Unix seconds: at most five minutes ago.",
    ),
    OpenApiParameter(
        "X-Shop-Signature",
        {"type": "string", "pattern": "^v1=[0-9a-f]{64}$"},
        OpenApiParameter.HEADER,
        required=True,
        description="`v1=` and the hex HMAC-SHA256 of `<timestamp>.<body>` with the setting `TRIGGER_SECRET`.",
    ),
]


class TriggerView(View):
    """The signature says who calls: no token is looked at."""

    authentication_classes = ()
    permission_classes = (Anyone,)
    throttle = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        check_signature(request.headers, request._request.body)


class PreAuthentication(TriggerView):
    @extend_schema(
        operation_id="check_sign_in",
        tags=["triggers"],
        auth=[],
        parameters=SIGNED,
        request=PreAuthenticationEvent,
        responses={200: PreAuthenticationEvent}
        | problems(
            400, 413, 415, s401="invalid_signature", s403="customer_blocked, domain_not_allowed, foreign_pool", s503=""
        ),
    )
    def post(self, request: Request) -> Response:
        """Cognito's PreAuthentication trigger asks whether somebody may sign in. Answers with the event."""
        event = PreAuthenticationEvent(data=request.data)
        event.is_valid(raise_exception=True)
        about = event.validated_data["request"]
        check_sign_in(
            pool=event.validated_data["userPoolId"],
            attributes=about.get("userAttributes", {}),
            not_found=about["userNotFound"],
        )
        return Response(request.data)


class Confirmation(TriggerView):
    @extend_schema(
        operation_id="tell_of_sign_up",
        tags=["triggers"],
        auth=[],
        parameters=SIGNED,
        request=PostConfirmationEvent,
        responses={200: PostConfirmationEvent}
        | problems(400, 413, 415, s401="invalid_signature", s403="foreign_pool", s409="email_taken", s503=""),
    )
    def post(self, request: Request) -> Response:
        """Cognito's PostConfirmation trigger tells who has signed up: makes the customer. Answers with the event."""
        event = PostConfirmationEvent(data=request.data)
        event.is_valid(raise_exception=True)
        confirm(
            pool=event.validated_data["userPoolId"],
            source=event.validated_data["triggerSource"],
            attributes=event.validated_data["request"]["userAttributes"],
        )
        return Response(request.data)
