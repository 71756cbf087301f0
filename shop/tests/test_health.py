from __future__ import annotations

import socket
from collections.abc import Callable

import pytest
from django.db import connection
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from events.aws import _client
from shop import health


@pytest.fixture
def broker(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Points the broker's client at another address."""

    def use(address: str) -> None:
        settings.AWS_ENDPOINT_URL = address
        settings.QUEUE_URL_PREFIX = f"{address}/123456789012/shop-"
        _client.cache_clear()

    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)
    return use


@pytest.fixture(autouse=True)
def _fresh_clients() -> object:
    yield
    _client.cache_clear()


def test_live_depends_on_nothing(guest: APIClient) -> None:
    answer = guest.get("/health/live")  # without access to a database, by pytest-django's own guard
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_a_load_balancer_may_ask_by_address_and_nobody_else_by_a_name_that_is_not_ours(
    guest: APIClient, settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = ["api.shop.example"]
    assert guest.get("/health/live", headers={"host": "10.0.3.7:8000"}).status_code == 200
    assert guest.get("/", headers={"host": "10.0.3.7:8000"}).status_code == 400


@pytest.mark.django_db(transaction=True)
def test_ready_names_a_broker_that_is_down_and_no_other(guest: APIClient, broker: Callable[[str], None]) -> None:
    broker("http://127.0.0.1:9")
    answer = guest.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json() == {"status": "down", "checks": {"database": "ok", "broker": "down", "cache": "ok"}}


@pytest.mark.django_db(transaction=True)
def test_ready_is_200_while_everything_answers(guest: APIClient) -> None:
    answer = guest.get("/health/ready")
    assert answer.json() == {"status": "ok", "checks": {"database": "ok", "broker": "ok", "cache": "ok"}}
    assert answer.status_code == 200


@pytest.mark.django_db(transaction=True)
def test_ready_names_a_database_that_is_down(guest: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    connection.close()
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "PORT", "9")  # where nobody listens
        answer = guest.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": "down", "broker": "ok", "cache": "ok"}


@pytest.mark.django_db(transaction=True)
def test_ready_names_a_cache_that_is_down(guest: APIClient, settings: Settings) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:9/0"}
    }
    answer = guest.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["checks"]["cache"] == "down"
    assert answer.json()["checks"]["database"] == "ok"


@pytest.mark.django_db(transaction=True)
def test_what_hangs_is_down_and_hides_nothing_else(guest: APIClient, broker: Callable[[str], None]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections and never answers
        broker(f"http://127.0.0.1:{silent.getsockname()[1]}")
        for _ in range(2):
            assert guest.get("/health/ready").json()["checks"] == {"database": "ok", "broker": "down", "cache": "ok"}
    health._threads["broker"].submit(int).result(timeout=60)  # it hangs no longer: the next test finds it well


def test_the_root_says_where_everything_is(guest: APIClient, settings: Settings) -> None:
    body = guest.get("/").json()
    assert body["name"] == settings.SHOP_NAME
    assert body["version"] == settings.VERSION
    for name in ("docs", "schema"):
        assert body[name].endswith(f"/{name}")
    assert body["live"].endswith("/ws/events")


@pytest.mark.parametrize("path", ["/", "/health/live", "/health/ready"])
def test_they_are_read_only_and_take_no_parameters(guest: APIClient, path: str) -> None:
    refused = guest.post(path, {})
    assert (refused.status_code, refused["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert refused.json()["code"] == "method_not_allowed"
    assert guest.get(path, {"verbose": "1"}).json()["code"] == "validation_error"
