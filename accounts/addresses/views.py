"""The address book over HTTP."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.addresses import services
from accounts.addresses.serializers import AddressChange, NewAddress, SavedAddressPage, SavedAddressShape, address_json
from accounts.models import Address, User
from accounts.permissions import SignedIn
from api.etags import answer, check_if_match, etag_of
from api.idempotency import once
from api.pagination import PageQuery, page
from api.renderers import dumps
from api.schema import IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH, problems
from api.serializers import parsed_body
from api.views import View


class Addresses(View):
    permission_classes = (SignedIn,)
    query_serializer = PageQuery

    @extend_schema(
        operation_id="list_addresses",
        summary="The caller's address book, the newest first",
        tags=["accounts"],
        parameters=[PageQuery],
        responses={200: SavedAddressPage} | problems(400, 401, 403, 503),
    )
    def get(self, request: Request) -> Response:
        rows = cast(User, request.user).addresses.all()
        return Response(page(request, rows, ordering=["-id"], **self.query, present=address_json))

    @extend_schema(
        operation_id="add_address",
        summary="Write another address into the book",
        tags=["accounts"],
        parameters=[IDEMPOTENCY_KEY],
        request=NewAddress,
        responses={201: SavedAddressShape}
        | problems(
            400,
            401,
            403,
            413,
            415,
            503,
            s409="too_many_addresses, idempotency_key_in_flight",
            s422="idempotency_key_reused",
        ),
    )
    def post(self, request: Request) -> Response:
        facts = parsed_body(request, NewAddress)
        user = cast(User, request.user)

        def work() -> Response:
            address = services.add_address(user=user, facts=facts)
            return _answer(request, address, status=201, Location=f"/me/addresses/{address.id}")

        return once(request, str(user.pk), work)


class AddressDetail(View):
    permission_classes = (SignedIn,)

    @extend_schema(
        operation_id="read_address",
        summary="One address of the caller's book",
        tags=["accounts"],
        parameters=[IF_NONE_MATCH],
        responses={200: SavedAddressShape, 304: None} | problems(400, 401, 403, 404, 503),
    )
    def get(self, request: Request, address_id: UUID) -> Response:
        return _answer(request, services.address_of(cast(User, request.user), address_id))

    @extend_schema(
        operation_id="change_address",
        summary="Change an address of the book; what is left out stays",
        tags=["accounts"],
        parameters=[IF_MATCH],
        request=AddressChange,
        responses={200: SavedAddressShape} | problems(400, 401, 403, 404, 412, 413, 415, 503),
    )
    def patch(self, request: Request, address_id: UUID) -> Response:
        changes = parsed_body(request, AddressChange)
        with transaction.atomic(durable=True):
            address = services.change_address(
                user=cast(User, request.user), address_id=address_id, changes=changes, check=_unless_overtaken(request)
            )
        return _answer(request, address)

    @extend_schema(
        operation_id="delete_address",
        summary="Take an address out of the book",
        tags=["accounts"],
        parameters=[IF_MATCH],
        responses={204: None} | problems(400, 401, 403, 404, 412, 503),
    )
    def delete(self, request: Request, address_id: UUID) -> Response:
        with transaction.atomic(durable=True):
            services.delete_address(
                user=cast(User, request.user), address_id=address_id, check=_unless_overtaken(request)
            )
        return Response(status=204)


def _answer(request: Request, address: Address, *, status: int = 200, **headers: str) -> Response:
    return answer(request, address_json(address), _etag(address), status=status, **headers)


def _etag(address: Address) -> str:
    return etag_of(dumps(address_json(address)))


def _unless_overtaken(request: Request) -> services.Check:
    return lambda address: check_if_match(request, _etag(address))
