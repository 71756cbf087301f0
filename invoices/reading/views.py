from __future__ import annotations

from typing import cast
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import GuestReadsTheirOrders, ReadsTheirOrders
from api.etags import answer, etag_of
from api.pagination import PageQuery, page
from api.schema import IF_NONE_MATCH, WITH_OR_WITHOUT_SIGN_IN, problems
from api.views import View
from invoices.keeping.services import hand_out
from invoices.models import HandOut
from invoices.reading import queries
from invoices.reading.serializers import (
    InvoicePageSerializer,
    InvoiceSerializer,
    InvoiceUrlQuery,
    InvoiceUrlSerializer,
    invoice_shown,
)


class InvoiceList(View):
    permission_classes = [ReadsTheirOrders]
    query_serializer = PageQuery

    @extend_schema(
        operation_id="list_invoices",
        summary="Your invoices, or for staff everybody's, newest first",
        parameters=[PageQuery],
        responses={200: InvoicePageSerializer} | problems(400, 401, 403),
    )
    def get(self, request: Request) -> Response:
        invoices = queries.invoices_visible_to(cast(User, request.user))
        return Response(page(request, invoices, ordering=["-id"], present=invoice_shown, **self.query))


class InvoiceDetail(View):
    permission_classes = [ReadsTheirOrders]

    @extend_schema(
        operation_id="read_invoice",
        summary="One invoice: your own, or any for staff",
        parameters=[IF_NONE_MATCH],
        responses={200: InvoiceSerializer, 304: None} | problems(400, 401, 403, 404),
    )
    def get(self, request: Request, invoice_id: UUID) -> Response:
        invoice = queries.invoice_visible_to(cast(User, request.user), invoice_id)
        return answer(request, invoice_shown(invoice), etag_of(invoice.id, invoice.sha256))


class InvoiceUrl(View):
    permission_classes = [GuestReadsTheirOrders]
    query_serializer = InvoiceUrlQuery

    @extend_schema(
        operation_id="read_invoice_url",
        summary="Where the PDF can be read for the next five minutes",
        parameters=[InvoiceUrlQuery],
        responses={200: InvoiceUrlSerializer} | problems(400, 401, 403, 404, s409="invoice_not_ready"),
        auth=WITH_OR_WITHOUT_SIGN_IN,
    )
    def get(self, request: Request) -> Response:
        token = self.query.get("tracking_token")
        if "invoice_id" in self.query:
            invoice = queries.invoice_read_by(request.user, token, self.query["invoice_id"])
        else:
            invoice = queries.invoice_of_order(request.user, token, self.query["order_id"])
        url, expires_at = hand_out(
            invoice,
            by=request.user if isinstance(request.user, User) else None,
            way=HandOut.Way.ACCOUNT if token is None else HandOut.Way.TRACKING_TOKEN,
        )
        return Response({"url": url, "expires_at": expires_at}, headers={"Cache-Control": "no-store"})
