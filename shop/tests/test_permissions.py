"""Every route with every method, tried by everybody: what they get is what the table in `permissions.py` says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker
from rest_framework.test import APIClient

from shop.tests.callers import BAD_TOKENS, CALLERS, CLIENT, PROGRAMS, token_of
from shop.tests.permissions import CALLS, ENTRIES, Entry
from shop.tests.stocked import stocked
from shop.tests.test_schema import routes

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
CODES = {
    ("nobody", 401): "not_authenticated",
    ("blocked", 403): "customer_blocked",
    ("bare", 403): "insufficient_scope",
    **{(caller, 401): "invalid_token" for caller in BAD_TOKENS},
    **{(caller, 403): "permission_denied" for caller in ("nobody", "owner", "other", "catalog", "support")},
}
PEOPLES = ("/me", "/auth/change-password")  # no scope opens them to a program
SIGNED = {"/pre-authentication", "/confirmation"}  # no token counts there
WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|WITH\b.*\b(INSERT|UPDATE|DELETE))\b", re.IGNORECASE | re.DOTALL)


def handled() -> dict[str, set[str]]:
    """The methods of each address of the API, as the URL configuration has them."""
    return {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path): {name for name in METHODS if hasattr(_view(pattern), name.lower())}
        for path, pattern in routes(get_resolver().url_patterns)
        if path != "/admin"  # leads to pages for people, which have tests of their own
    }


def _view(pattern: Any) -> type:
    view: type = pattern.callback.view_class
    return view


@contextmanager
def rolled_back() -> Iterator[None]:
    """A transaction that leaves nothing behind, and in which a service may ask for the outermost one."""
    held = TestCase._enter_atomics()  # type: ignore[attr-defined]  # what Django's own tests are rolled back by
    try:
        yield
    finally:
        TestCase._rollback_atomics(held)  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def shop(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[SimpleNamespace]:
    """One of everything, made once. Each call has a transaction of its own inside the one that holds this."""
    with django_db_blocker.unblock(), rolled_back():
        yield stocked()


def address(entry: Entry, shop: SimpleNamespace) -> str:
    """Where the call goes to: which object it is depends on what is to be done with it."""
    by_last_part = {"ship": shop.confirmed, "deliver": shop.shipped, "refund": shop.confirmed}
    by_way = {"by token": shop.guests, "guest's": shop.guests, "confirmed": shop.confirmed}
    order = by_way.get(entry.way) or by_last_part.get(entry.path.rpartition("/")[2], shop.pending)
    product = shop.draft if entry.way == "draft" else shop.lamp
    return entry.path.format(
        order_id=order.id,
        invoice_id=shop.invoice.id,
        name=shop.category.slug if entry.path.startswith("/categories") else product.id,
        image_id=shop.image.id,
        address_id=shop.address.id,
        import_id=shop.imported.id,
        key=shop.image.key,
        sku="LAMP-BLUE",
    )


def client_with(token: str | None) -> APIClient:
    client = APIClient()
    if token is not None:
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def send(client: APIClient, entry: Entry, shop: SimpleNamespace, method: str = "") -> tuple[Any, str]:
    """The answer, and all of its text: a stream that is read to its end is closed by Django's test client."""
    call = CALLS.get(str(entry), CALLS.get(f"{entry.method} {entry.path}", lambda _: {}))(shop)
    query, method = urlencode(call.pop("query", {})), method or entry.method
    place = address(entry, shop) + (f"?{query}" if query else "")
    if method in ("GET", "HEAD"):
        answer = client.generic(method, place)
    else:
        answer = getattr(client, method.lower())(place, **{"format": "json", **call})
    return answer, answer.getvalue().decode("utf-8", "replace")


def seen(answer: Any, text: str, entry: Entry, shop: SimpleNamespace) -> str:
    """The answer in the table's words."""
    if answer.status_code >= 300:
        return str(answer.status_code)
    if not {"own", "all", "none"} & set(entry.outcomes.values()):
        return "ok"
    own, others = (shop.pending, shop.guests)
    if entry.path == "/me/addresses":
        own = shop.address  # and nobody sees more
    if entry.path == "/invoices":
        own, others = (shop.invoice, shop.guests_invoice)
    kinds = {(True, True): "all", (True, False): "own", (False, False): "none"}
    return kinds.get((str(own.id) in text, str(others.id) in text), "that of others")


def test_every_route_and_method_is_in_the_table_and_nothing_else() -> None:
    expected = {(method, path) for path, methods in handled().items() for method in methods}
    assert {(entry.method, entry.path) for entry in ENTRIES} == expected
    assert len({str(entry) for entry in ENTRIES}) == len(ENTRIES)
    assert CALLS.keys() <= {str(entry) for entry in ENTRIES}


@pytest.mark.django_db
@pytest.mark.parametrize("entry", ENTRIES, ids=str)
def test_everybody_gets_what_the_table_says(
    entry: Entry,
    shop: SimpleNamespace,
    mint: Callable[..., str],
    settings: Settings,
) -> None:
    settings.SERVICE_CLIENTS = {CLIENT: "warehouse"}
    settings.CATALOG_SIGNED_IN_ONLY = entry.way == "for members"
    got = {}
    for caller in CALLERS:
        with rolled_back():
            client = client_with(token_of(caller, shop.people, mint))
            with CaptureQueriesContext(connection) as queries:
                answer, text = send(client, entry, shop)
            got[caller] = seen(answer, text, entry, shop)
            if answer.status_code >= 400:
                check_refusal(entry, caller, answer, [query["sql"] for query in queries])
            if entry.method == "GET":
                assert send(client, entry, shop, "HEAD")[0].status_code == answer.status_code
    assert got == entry.outcomes


def check_refusal(entry: Entry, caller: str, answer: Any, statements: list[str]) -> None:
    """It says why, in the form of all problems, and nothing has been written."""
    assert answer["Content-Type"] == "application/problem+json"
    code = answer.json()["code"]
    expected = "invalid_signature" if entry.path in SIGNED else CODES.get((caller, answer.status_code), code)
    if caller in PROGRAMS and entry.path.startswith(PEOPLES):
        expected = "permission_denied"
    assert code == expected
    assert answer.has_header("WWW-Authenticate") == (answer.status_code == 401 or code == "insufficient_scope")
    assert not [statement for statement in statements if WRITES.match(statement)]


@pytest.mark.django_db
@pytest.mark.parametrize("entry", [one for one in ENTRIES if one.outcomes["other"] == "404"], ids=str)
def test_what_is_hidden_looks_as_if_it_did_not_exist(
    entry: Entry, shop: SimpleNamespace, mint: Callable[..., str]
) -> None:
    client = client_with(token_of("other", shop.people, mint))
    nothing = SimpleNamespace(id=uuid4())
    nowhere = SimpleNamespace(
        **vars(shop) | dict.fromkeys(("address", "pending", "confirmed", "guests", "invoice", "draft"), nothing)
    )
    (hidden, _), (missing, _) = send(client, entry, shop), send(client, entry, nowhere)
    assert hidden.status_code == missing.status_code == 404
    assert hidden.json() | {"request_id": ""} == missing.json() | {"request_id": ""}


@pytest.mark.django_db
@pytest.mark.parametrize("caller", ["nobody", "admin"])
def test_no_route_takes_another_method(caller: str, shop: SimpleNamespace, mint: Callable[..., str]) -> None:
    client = client_with(token_of(caller, shop.people, mint))
    for path, methods in handled().items():
        for method in (METHODS | {"TRACE", "PROPFIND"}) - methods:
            answer = client.generic(method, address(Entry(method, path, "", {}), shop))
            assert answer.status_code == 405, (method, path)
            assert set(answer["Allow"].split(", ")) - {"HEAD", "OPTIONS"} == methods, (method, path)
