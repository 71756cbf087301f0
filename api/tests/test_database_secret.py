"""The database's password, which Secrets Manager keeps and AWS changes while the shop runs."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import psycopg
import pytest
from django.db import connections
from django.test import override_settings
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from api.postgresql import passwords
from api.tests.test_faults import dead_port

OTHER = "somebody_else"


@pytest.fixture(autouse=True)
def fresh_process() -> Iterator[None]:
    """Nothing has been read before a test, and nothing that it read is known after it."""
    passwords._secret.cache_clear()
    yield
    passwords._secret.cache_clear()


def connect() -> None:
    """As a thread does that has no connection yet."""
    fresh = connections["default"].copy()
    fresh.ensure_connection()
    fresh.close()


@pytest.fixture
def secret(settings: Settings) -> Iterator[Any]:
    """A secret at the emulator that the shop is told of; called with user and password, it holds them from then on."""
    client: Any = boto3.client(
        "secretsmanager", region_name=settings.AWS_REGION, endpoint_url=settings.AWS_ENDPOINT_URL
    )
    name = f"{settings.EVENT_BUS_NAME}-database"

    def hold(user: str, password: str) -> None:
        client.put_secret_value(SecretId=name, SecretString=json.dumps({"username": user, "password": password}))

    client.create_secret(Name=name, SecretString=json.dumps({"username": OTHER, "password": "first"}))
    settings.DATABASE_SECRET = name
    yield hold
    client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


def test_user_and_password_are_the_secrets(secret: Any) -> None:
    params = connections["default"].get_connection_params()
    assert (params["user"], params["password"]) == (OTHER, "first")


def test_a_refused_password_is_read_anew_and_any_other_failure_is_none_of_its_business(secret: Any) -> None:
    assert passwords.credentials()["password"] == "first"
    secret(OTHER, "changed")
    assert not passwords.changed(psycopg.OperationalError("the connection timed out"))
    assert passwords.credentials()["password"] == "first"
    assert passwords.changed(psycopg.OperationalError(f'FATAL: password authentication failed for user "{OTHER}"'))
    assert passwords.credentials()["password"] == "changed"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "away", [{"AWS_ENDPOINT_URL": f"http://127.0.0.1:{dead_port()}"}, {"AWS_REGION": "eu-north-1"}]
)
def test_while_secrets_manager_fails_the_password_that_was_read_last_is_good(
    secret: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, away: dict[str, str]
) -> None:
    """It cannot be reached, or answers with an error: it knows of no such secret in another region."""
    ours = connections["default"].settings_dict
    secret(ours["USER"], "known")
    monkeypatch.setattr(passwords, "KEPT_FOR", 0)
    monkeypatch.setattr(passwords, "REST", 0)
    connect()

    with override_settings(**away), caplog.at_level(logging.INFO):
        for _ in range(3):
            connect()

    assert [record.name for record in caplog.records if "Secrets Manager" in record.message] == [passwords.__name__]
    assert "known" not in caplog.text
    assert passwords.credentials() == {"user": ours["USER"], "password": "known"}
    secret(OTHER, "changed")
    assert passwords.credentials() == {"user": OTHER, "password": "changed"}


def test_one_look_that_failed_does_for_all_who_come_at_once(settings: Settings) -> None:
    """Each would hold its thread for as long as the call takes to fail."""
    looks: list[str] = []

    class Away(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            looks.append(self.path)
            self.send_response(400)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Away)
    threading.Thread(target=server.serve_forever).start()
    settings.AWS_ENDPOINT_URL, settings.DATABASE_SECRET = f"http://127.0.0.1:{server.server_address[1]}", "database"

    def look(_: int) -> str:
        with pytest.raises(psycopg.OperationalError) as error:
            passwords.credentials()
        return str(error.value)

    try:
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(look, range(8)))
    finally:
        server.shutdown()
        server.server_close()

    assert len(looks) == 1
    assert all("Secrets Manager" in answer for answer in answers)


@pytest.mark.django_db(transaction=True)
def test_with_no_password_at_all_it_is_503(guest: APIClient) -> None:
    connections["default"].close()

    with override_settings(DATABASE_SECRET="there-is-no-such-secret"):
        answer = guest.get("/products")

    assert (answer.status_code, answer["Retry-After"], answer.json()["code"]) == (503, "2", "unavailable")
    assert b"secret" not in answer.content
    assert guest.get("/products").status_code == 200


def test_without_a_secret_those_of_the_address_count() -> None:
    assert passwords.credentials() == {}
    assert connections["default"].get_connection_params()["user"] == connections["default"].settings_dict["USER"]
