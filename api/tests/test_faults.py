"""Faults of ours: the database away, a bug. What the client reads, over real connections and real processes."""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpRequest
from django.test import Client, override_settings
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import Anyone
from api.views import View

ASK = """
import json, sys, django
django.setup()
from django.test import Client
client, token = Client(raise_request_exception=False), sys.argv[1]
answers = [
    client.get("/orders", headers={"Authorization": f"Bearer {token}"}),
    client.post("/orders", sys.argv[2], content_type="application/json", headers={"Idempotency-Key": "k"}),
    client.get("/admin/", headers={"Cookie": "sessionid=" + "x" * 32}),
]
print(json.dumps([[a.status_code, a["Content-Type"], a.get("Retry-After"), a.json()["code"]] for a in answers]))
"""


def dead_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize(
    "away",
    [
        {"DATABASE_URL": f"postgresql://shop@127.0.0.1:{dead_port()}/shop"},
        {"DATABASE_SECRET": "there-is-no-such-secret"},
    ],
)
def test_a_database_that_cannot_be_reached_is_503_also_in_authentication(
    customer: User, mint: Callable[[User], str], away: dict[str, str]
) -> None:
    """Nobody listens there; or Secrets Manager does not give the password, and never did."""
    body = {
        "items": [{"sku": "MUG", "quantity": 1}],
        "email": "g@example.com",
        "payment_method": "cash",
        "shipping": {
            "method": "economic",
            "address": {"name": "G", "line1": "1", "city": "B", "postal_code": "20457", "country": "DE"},
        },
    }
    environment = (
        os.environ
        | away
        | {
            "COGNITO_JWKS_URL": settings.COGNITO_JWKS_URL,
            "SECURE_COOKIES": "false",
            "ALLOWED_HOSTS": "testserver",
        }
    )

    run = subprocess.run(
        [sys.executable, "-c", ASK, mint(customer), json.dumps(body)],
        env=environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == [[503, "application/problem+json", "2", "unavailable"]] * 3


class Broken(View):
    permission_classes = [Anyone]

    def get(self, request: Request) -> Response:
        raise ZeroDivisionError("a secret of ours")


def broken_page(request: HttpRequest) -> Any:
    raise ZeroDivisionError("a secret of ours")


urlpatterns = [path("broken", Broken.as_view()), path("broken-page", broken_page)]


@override_settings(ROOT_URLCONF=__name__)
@pytest.mark.parametrize("address", ["/broken", "/broken-page"])
def test_a_bug_is_logged_and_tells_the_client_nothing(
    address: str, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = client.get(address, headers={"X-Request-ID": "request-4711"})

    assert answer.status_code == 500
    assert answer["Content-Type"] == "application/problem+json"
    assert (answer.json()["code"], answer.json()["request_id"]) == ("internal_error", "request-4711")
    assert b"secret" not in answer.content
    assert "a secret of ours" in caplog.text
    assert "request-4711" in caplog.text
