"""Who may call what. `test_permissions.py` holds the server to it; a route that is not in here fails that test.

Each line is a method, an address, perhaps in brackets which of several ways to call it (see `CALLS`), and what each of
`callers.CALLERS` gets: `ok` is a success; of a list, `all` of it, their `own` part, or `none`; a number is a refusal.
The column `bad` is of all `callers.BAD_TOKENS`.
The sign-in calls look at no token, so that whoever calls them with an empty body hears that it is empty (400).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from catalog.tests.pictures import png
from orders.tests.conftest import ADDRESS, body_for
from orders.tests.ways import BODIES
from shop.tests.callers import BAD_TOKENS, CALLERS

TABLE = """
                                                nobody owner other catalog support staff admin service bare blocked bad
GET    /                                        ok     ok    ok    ok      ok      ok    ok    ok      ok   ok      ok
GET    /health/live                             ok     ok    ok    ok      ok      ok    ok    ok      ok   ok      ok
GET    /health/ready                            ok     ok    ok    ok      ok      ok    ok    ok      ok   ok      ok
GET    /schema                                  ok     ok    ok    ok      ok      ok    ok    ok      ok   ok      ok
GET    /docs                                    ok     ok    ok    ok      ok      ok    ok    ok      ok   ok      ok

POST   /auth/sign-up                            400    400   400   400     400     400   400   400     400  400     400
POST   /auth/confirm                            400    400   400   400     400     400   400   400     400  400     400
POST   /auth/resend-code                        400    400   400   400     400     400   400   400     400  400     400
POST   /auth/forgot-password                    400    400   400   400     400     400   400   400     400  400     400
POST   /auth/reset-password                     400    400   400   400     400     400   400   400     400  400     400
POST   /auth/login                              400    400   400   400     400     400   400   400     400  400     400
POST   /auth/login/mfa                          400    400   400   400     400     400   400   400     400  400     400
POST   /auth/new-password                       400    400   400   400     400     400   400   400     400  400     400
POST   /auth/refresh                            400    400   400   400     400     400   400   400     400  400     400
POST   /auth/logout                             400    400   400   400     400     400   400   400     400  400     400
POST   /pre-authentication                      401    401   401   401     401     401   401   401     401  401     401
POST   /confirmation                            401    401   401   401     401     401   401   401     401  401     401
POST   /auth/change-password                    401    400   400   400     400     400   400   403     403  403     401
GET    /me                                      401    ok    ok    ok      ok      ok    ok    403     403  403     401
PATCH  /me                                      401    ok    ok    ok      ok      ok    ok    403     403  403     401
DELETE /me                                      401    409   ok    409     409     409   409   403     403  403     401
GET    /me/export                               401    ok    ok    ok      ok      ok    ok    403     403  403     401
GET    /me/addresses                            401    own   none  none    none    none  none  403     403  403     401
POST   /me/addresses                            401    ok    ok    ok      ok      ok    ok    403     403  403     401
GET    /me/addresses/{address_id}               401    ok    404   404     404     404   404   403     403  403     401
PATCH  /me/addresses/{address_id}               401    ok    404   404     404     404   404   403     403  403     401
DELETE /me/addresses/{address_id}               401    ok    404   404     404     404   404   403     403  403     401
GET    /me/mfa                                  401    401   401   401     401     401   401   403     403  403     401
POST   /me/mfa                                  401    400   400   400     400     400   400   403     403  403     401
POST   /me/mfa/confirm                          401    400   400   400     400     400   400   403     403  403     401
POST   /me/mfa/disable                          401    400   400   400     400     400   400   403     403  403     401

GET    /products                                ok     ok    ok    ok      ok      ok    ok    ok      ok   403     401
GET    /products                  [for members] 401    ok    ok    ok      ok      ok    ok    ok      403  403     401
GET    /products                  [any status]  403    403   403   ok      ok      ok    ok    ok      403  403     401
POST   /products                                401    403   403   ok      403     ok    ok    ok      403  403     401
POST   /products/bulk                           401    403   403   ok      403     ok    ok    ok      403  403     401
POST   /products/import                         401    403   403   ok      403     ok    ok    ok      403  403     401
GET    /products/export                         401    403   403   ok      ok      ok    ok    ok      403  403     401
GET    /products/{name}                         ok     ok    ok    ok      ok      ok    ok    ok      ok   403     401
GET    /products/{name}           [for members] 401    ok    ok    ok      ok      ok    ok    ok      403  403     401
GET    /products/{name}           [draft]       404    404   404   ok      ok      ok    ok    ok      404  403     401
PUT    /products/{name}                         401    403   403   ok      403     ok    ok    ok      403  403     401
PATCH  /products/{name}                         401    403   403   ok      403     ok    ok    ok      403  403     401
DELETE /products/{name}                         401    403   403   ok      403     ok    ok    ok      403  403     401
POST   /products/{name}/variants                401    403   403   ok      403     ok    ok    ok      403  403     401
POST   /products/{name}/images                  401    403   403   ok      403     ok    ok    ok      403  403     401
PATCH  /products/{name}/images/{image_id}       401    403   403   ok      403     ok    ok    ok      403  403     401
DELETE /products/{name}/images/{image_id}       401    403   403   ok      403     ok    ok    ok      403  403     401
GET    /media/{key}                             ok     ok    ok    ok      ok      ok    ok    ok      ok   ok      ok
PATCH  /variants/{sku}                          401    403   403   ok      403     ok    ok    ok      403  403     401
DELETE /variants/{sku}                          401    403   403   ok      403     ok    ok    ok      403  403     401
POST   /variants/{sku}/stock                    401    403   403   ok      403     ok    ok    ok      403  403     401
GET    /imports                                 401    403   403   ok      ok      ok    ok    ok      403  403     401
GET    /imports/{import_id}                     401    403   403   ok      ok      ok    ok    ok      403  403     401
GET    /categories                              ok     ok    ok    ok      ok      ok    ok    ok      ok   403     401
GET    /categories                [for members] 401    ok    ok    ok      ok      ok    ok    ok      403  403     401
POST   /categories                              401    403   403   ok      403     ok    ok    ok      403  403     401
GET    /categories/{name}                       ok     ok    ok    ok      ok      ok    ok    ok      ok   403     401
GET    /categories/{name}         [for members] 401    ok    ok    ok      ok      ok    ok    ok      403  403     401
PUT    /categories/{name}                       401    403   403   ok      403     ok    ok    ok      403  403     401
PATCH  /categories/{name}                       401    403   403   ok      403     ok    ok    ok      403  403     401
DELETE /categories/{name}                       401    403   403   ok      403     ok    ok    ok      403  403     401

POST   /orders                                  400    ok    ok    ok      ok      ok    ok    400     403  403     401
POST   /orders                    [with e-mail] ok     400   400   400     ok      ok    ok    ok      403  403     401
GET    /orders                                  401    own   none  none    all     all   all   all     403  403     401
GET    /orders                    [by e-mail]   401    400   400   400     ok      ok    ok    ok      403  403     401
GET    /orders/events                           401    own   none  none    all     all   all   all     403  403     401
GET    /orders/events             [by e-mail]   401    400   400   400     ok      ok    ok    ok      403  403     401
GET    /orders/export                           401    403   403   403     ok      ok    ok    ok      403  403     401
GET    /orders/{order_id}                       401    ok    404   404     ok      ok    ok    ok      403  403     401
GET    /orders/{order_id}         [by token]    ok     ok    ok    ok      ok      ok    ok    ok      403  403     401
GET    /orders/{order_id}         [guest's]     401    404   404   404     ok      ok    ok    ok      403  403     401
PATCH  /orders/{order_id}                       401    ok    404   404     ok      ok    ok    ok      403  403     401
PATCH  /orders/{order_id}         [by token]    401    400   400   400     400     400   400   400     403  403     401
DELETE /orders/{order_id}                       401    403   403   403     ok      ok    ok    ok      403  403     401
GET    /orders/{order_id}/events                401    ok    404   404     ok      ok    ok    ok      403  403     401
POST   /orders/{order_id}/confirm               401    403   403   403     ok      ok    ok    ok      403  403     401
POST   /orders/{order_id}/ship                  401    403   403   403     ok      ok    ok    ok      403  403     401
POST   /orders/{order_id}/deliver               401    403   403   403     ok      ok    ok    ok      403  403     401
POST   /orders/{order_id}/refund                401    403   403   403     ok      ok    ok    ok      403  403     401
POST   /orders/{order_id}/cancel                401    ok    404   404     ok      ok    ok    ok      403  403     401
POST   /orders/{order_id}/cancel  [confirmed]   401    409   404   404     ok      ok    ok    ok      403  403     401
POST   /orders/{order_id}/notes                 401    403   403   403     ok      ok    ok    ok      403  403     401
DELETE /orders/{order_id}/tracking-token        401    403   403   403     ok      ok    ok    ok      403  403     401

GET    /invoices                                401    own   none  none    all     all   all   all     403  403     401
GET    /invoices/{invoice_id}                   401    ok    404   404     ok      ok    ok    ok      403  403     401
GET    /invoice-url               [by invoice]  401    ok    404   404     ok      ok    ok    ok      403  403     401
GET    /invoice-url               [by order]    401    ok    404   404     ok      ok    ok    ok      403  403     401
GET    /invoice-url               [by token]    ok     ok    ok    ok      ok      ok    ok    ok      403  403     401
"""


@dataclass(frozen=True)
class Entry:
    """One line of the table: a call, and what becomes of it by caller."""

    method: str
    path: str
    way: str
    outcomes: dict[str, str]

    def __str__(self) -> str:
        return f"{self.method} {self.path}" + (f" [{self.way}]" if self.way else "")


def _entries() -> list[Entry]:
    header, *lines = [line for line in TABLE.splitlines() if line]
    columns = header.split()
    assert (*columns[:-1], *BAD_TOKENS) == CALLERS
    found = []
    for line in lines:
        call, outcomes = line[: header.index("nobody")], line[header.index("nobody") :].split()
        target, _, way = call.partition("[")
        method, path = target.split()
        outcomes += outcomes[-1:] * (len(BAD_TOKENS) - 1)
        found.append(Entry(method, path, way.strip().rstrip("]"), dict(zip(CALLERS, outcomes, strict=True))))
    return found


ENTRIES = _entries()


def _upload(name: str, content: bytes) -> dict[str, Any]:
    return {"data": {name: SimpleUploadedFile(f"{name}.bin", content)}, "format": "multipart"}


def _sending(body: dict[str, Any]) -> Callable[[Any], dict[str, Any]]:
    return lambda _: {"data": body}


TRACKED = "[by token]"
CALLS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "PATCH /me": lambda _: {"data": {"name": "Ann"}},
    "POST /me/addresses": lambda _: {"data": ADDRESS},
    "PATCH /me/addresses/{address_id}": lambda _: {"data": {"city": "Bremen"}},
    "GET /products [any status]": lambda _: {"query": {"status": "all"}},
    "POST /products": lambda _: {"data": {"code": "PEN", "name": "Pen", "price": "1.00"}},
    "POST /products/bulk": lambda shop: {"data": {"changes": [{"id": str(shop.product.id), "name": "Cup"}]}},
    "POST /products/import": lambda _: _upload("file", b"code,name,price\nPEN,Pen,1.00\n"),
    "PUT /products/{name}": lambda _: {
        "data": {"code": "LAMP", "name": "Light", "variants": [{"sku": "LAMP", "price": "9.00"}]}
    },
    "PATCH /products/{name}": lambda _: {"data": {"name": "Light"}},
    "POST /products/{name}/variants": lambda _: {"data": {"sku": "LAMP-RED", "price": "9.00"}},
    "POST /products/{name}/images": lambda _: _upload("image", png()),
    "PATCH /products/{name}/images/{image_id}": lambda _: {"data": {"alt": "A lamp"}},
    "PATCH /variants/{sku}": lambda _: {"data": {"price": "8.00"}},
    "POST /variants/{sku}/stock": lambda _: {"data": {"delta": 1, "reason": "received"}},
    "POST /categories": lambda _: {"data": {"name": "Office"}},
    "PUT /categories/{name}": lambda _: {"data": {"name": "Home"}},
    "PATCH /categories/{name}": lambda _: {"data": {"name": "Home"}},
    "POST /orders": lambda _: {"data": body_for(("MUG", 1))},
    "POST /orders [with e-mail]": lambda _: {"data": body_for(("MUG", 1), email="greta@example.com")},
    "GET /orders [by e-mail]": lambda _: {"query": {"email": "owner@example.com"}},
    "GET /orders/events [by e-mail]": lambda _: {"query": {"email": "owner@example.com"}},
    f"GET /orders/{{order_id}} {TRACKED}": lambda shop: {"query": {"tracking_token": shop.tracking_token}},
    "PATCH /orders/{order_id}": lambda _: {"data": {"shipping": {"address": ADDRESS | {"city": "Bremen"}}}},
    f"PATCH /orders/{{order_id}} {TRACKED}": lambda shop: {
        "query": {"tracking_token": shop.tracking_token},
        "data": {"shipping": {"address": ADDRESS | {"city": "Bremen"}}},
    },
    **{f"POST /orders/{{order_id}}/{move}": _sending(body) for move, body in BODIES.items()},
    "POST /orders/{order_id}/notes": lambda _: {"data": {"text": "Called."}},
    "GET /invoice-url [by invoice]": lambda shop: {"query": {"invoice_id": str(shop.invoice.id)}},
    "GET /invoice-url [by order]": lambda shop: {"query": {"order_id": str(shop.confirmed.id)}},
    f"GET /invoice-url {TRACKED}": lambda shop: {
        "query": {"order_id": str(shop.guests.id), "tracking_token": shop.tracking_token}
    },
}
"""What a call sends, if anything, made from the objects of `test_permissions.shop`."""
