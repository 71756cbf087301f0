"""What browsers are told: which pages may read an answer, what a page of ours may do, and what nobody may keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from http.client import HTTPConnection, HTTPResponse

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from api.tests.served import served
from catalog.products.services import VariantFacts, create_product
from orders.models import Order
from orders.tests.conftest import body_for

ClientOf = Callable[[User], APIClient]
FRONT = "https://front.example"
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/", "/health/live", "/products", "/no-such-address", "/me", "/schema"])
def test_an_answer_that_is_data_may_do_nothing_as_a_page(client: Client, path: str) -> None:
    answer = client.get(path)

    assert answer["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(("path", "scripts"), [("/admin/login/", "'self' 'unsafe-eval'"), ("/docs", "'self'")])
def test_a_page_runs_scripts_of_ours_alone_and_none_in_its_own_text(client: Client, path: str, scripts: str) -> None:
    answer = client.get(path)
    policy = dict(rule.split(" ", 1) for rule in answer["Content-Security-Policy"].split("; "))

    assert policy["script-src"] == scripts
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["form-action"] == policy["connect-src"] == "'self'"
    assert "camera=()" in answer["Permissions-Policy"]
    assert answer["Referrer-Policy"] == answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "<script>" not in answer.content.decode()


def test_the_cookies_of_the_admin_are_for_http_and_this_site_alone(client: Client) -> None:
    User.objects.create_superuser("root@example.com", "correct horse")
    client.post("/admin/login/", {"username": "root@example.com", "password": "correct horse"})

    for name in ("sessionid", "csrftoken"):
        assert client.cookies[name]["httponly"] is True
        assert client.cookies[name]["samesite"] == "Lax"


def test_what_is_somebodys_own_is_kept_by_nobody(customer: User, client_of: ClientOf) -> None:
    client = client_of(customer)
    mug = VariantFacts(sku="MUG", price=Decimal("10.00"), stock=10)
    create_product(code="MUG", name="Mug", variants=[mug], currency="EUR", tax_rate=Decimal(19), by="test")
    placed = client.post("/orders", body_for(("MUG", 1)))
    order = Order.objects.get()

    answers = [placed, *(client.get(path) for path in ("/me", "/orders", f"/orders/{order.pk}", "/invoices"))]

    assert [(answer.status_code, answer["Cache-Control"]) for answer in answers] == [
        (201, "no-store"),
        *[(200, "no-store")] * 4,
    ]


def test_a_refusal_is_kept_by_nobody(client: Client) -> None:
    assert client.get("/orders")["Cache-Control"] == "no-store"
    assert client.get("/products?colour=red")["Cache-Control"] == "no-store"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A shop that lets one shop front's pages call it. What is asked of it here needs no database."""
    with served(CORS_ALLOWED_ORIGINS=FRONT) as port:
        yield port


def ask(port: int, method: str, path: str, **headers: str) -> HTTPResponse:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def test_a_shop_front_may_read_answers_and_refusals_and_their_headers(port: int) -> None:
    for path in ("/", "/orders?colour=red", "/no-such-address"):
        answer = ask(port, "GET", path, Origin=FRONT)

        assert answer.getheader("Access-Control-Allow-Origin") == FRONT
        assert answer.getheader("Access-Control-Allow-Credentials") is None
        assert answer.getheader("Access-Control-Expose-Headers") == (
            "ETag, Location, X-Request-ID, Idempotency-Replayed, Retry-After"
        )
        assert "origin" in str(answer.getheader("Vary")).lower()


def test_a_preflight_is_answered_and_may_be_kept(port: int) -> None:
    answer = ask(
        port,
        "OPTIONS",
        "/orders",
        Origin=FRONT,
        Access_Control_Request_Method="POST",
        Access_Control_Request_Headers="authorization, content-type, idempotency-key",
    )

    assert answer.status == 200
    assert "POST" in str(answer.getheader("Access-Control-Allow-Methods"))
    assert {"authorization", "idempotency-key", "if-match"} <= {
        *str(answer.getheader("Access-Control-Allow-Headers")).split(", ")
    }
    assert answer.getheader("Access-Control-Max-Age") == "7200"


@pytest.mark.parametrize(("path", "origin"), [("/", "https://evil.example"), ("/", "null"), ("/admin/login/", FRONT)])
def test_nobody_else_and_nothing_of_the_admin_is_let_through(port: int, path: str, origin: str) -> None:
    assert ask(port, "GET", path, Origin=origin).getheader("Access-Control-Allow-Origin") is None
