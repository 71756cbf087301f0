"""The database's password, which Secrets Manager keeps and AWS changes while the shop runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import psycopg
import pytest
from django.db import connections
from pytest_django.fixtures import Settings

from api.postgresql import passwords

OTHER = "somebody_else"


@pytest.fixture
def secret(settings: Settings) -> Iterator[Any]:
    """A secret at the emulator that the shop is told of; called with a user, it holds that one from then on."""
    client: Any = boto3.client(
        "secretsmanager", region_name=settings.AWS_REGION, endpoint_url=settings.AWS_ENDPOINT_URL
    )
    name = f"{settings.EVENT_BUS_NAME}-database"

    def hold(user: str) -> None:
        client.put_secret_value(SecretId=name, SecretString=json.dumps({"username": user, "password": "changed"}))

    client.create_secret(Name=name, SecretString=json.dumps({"username": OTHER, "password": "first"}))
    settings.DATABASE_SECRET = name
    passwords._kept.cache_clear()
    yield hold
    passwords._kept.cache_clear()
    client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


def test_user_and_password_are_the_secrets(secret: Any) -> None:
    params = connections["default"].get_connection_params()
    assert (params["user"], params["password"]) == (OTHER, "first")


def test_a_refused_password_is_read_anew_and_any_other_failure_is_none_of_its_business(secret: Any) -> None:
    assert passwords.credentials()["password"] == "first"
    secret(OTHER)
    assert not passwords.changed(psycopg.OperationalError("the connection timed out"))
    assert passwords.credentials()["password"] == "first"
    assert passwords.changed(psycopg.OperationalError(f'FATAL: password authentication failed for user "{OTHER}"'))
    assert passwords.credentials()["password"] == "changed"


def test_without_a_secret_those_of_the_address_count() -> None:
    assert passwords.credentials() == {}
    assert connections["default"].get_connection_params()["user"] == connections["default"].settings_dict["USER"]
