"""Who comes too often is refused, and nobody else is."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from http.client import HTTPConnection

import pytest
from django.test import Client
from fakeredis import TcpFakeServer
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from api import throttling
from api.counting import ProcessCounter
from api.rates import rates
from api.shared_counting import SharedCounter
from api.tests.served import served

ClientOf = Callable[[User], APIClient]
Limit = Callable[..., None]
pytestmark = pytest.mark.django_db
HERE, ELSEWHERE = "203.0.113.9", "203.0.113.10"


@pytest.fixture
def limit(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Limit:
    """Sets the rates, and forgets who came before: `limit(reads="2/day")`. A day has no end while a test runs."""
    monkeypatch.setattr(throttling, "_own", ProcessCounter())
    throttling._shared.cache_clear()

    def set_rates(**texts: str) -> None:
        settings.THROTTLES = {name: rates(text) for name, text in texts.items()}

    return set_rates


@pytest.fixture
def valkey(settings: Settings) -> Iterator[TcpFakeServer]:
    """Speaks Valkey's protocol on a port of its own."""
    server = TcpFakeServer(("127.0.0.1", 0))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.REDIS_URL = f"redis://127.0.0.1:{server.server_address[1]}"
    yield server
    server.shutdown()
    server.server_close()


def statuses(client: Client, times: int, path: str = "/", **meta: str) -> list[int]:
    return [client.get(path, **meta).status_code for _ in range(times)]  # type: ignore[arg-type]


def test_one_address_too_often_is_429_and_another_is_not(client: Client, limit: Limit) -> None:
    limit(reads="2/day")

    assert statuses(client, 3, REMOTE_ADDR=HERE) == [200, 200, 429]
    assert statuses(client, 1, REMOTE_ADDR=ELSEWHERE) == [200]


def test_the_refusal_is_a_problem_document_that_says_how_long_to_wait(client: Client, limit: Limit) -> None:
    limit(reads="1/minute,1/day")
    statuses(client, 1)

    answer = client.get("/")

    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
    assert 1 <= int(answer["Retry-After"]) <= 86_401
    assert answer["Content-Type"] == "application/problem+json"


def test_all_of_a_household_at_ipv6_are_one(client: Client, limit: Limit) -> None:
    limit(reads="2/day")

    assert statuses(client, 2, REMOTE_ADDR="2001:db8:1:2::1") == [200, 200]
    assert statuses(client, 1, REMOTE_ADDR="2001:db8:1:2:ffff:ffff:ffff:ffff") == [429]
    assert statuses(client, 1, REMOTE_ADDR="2001:db8:1:3::1") == [200]


def test_an_invented_x_forwarded_for_changes_nothing(client: Client, limit: Limit) -> None:
    limit(reads="2/day")

    assert [
        client.get("/", REMOTE_ADDR=HERE, HTTP_X_FORWARDED_FOR=f"198.51.100.{number}").status_code
        for number in range(3)
    ] == [200, 200, 429]


@pytest.mark.parametrize(
    ("proxies", "both"),
    [
        (1, ("198.51.100.1, 192.0.2.1", "198.51.100.2, 192.0.2.1")),  # the client wrote the first entry
        (1, ("192.0.2.1", "192.0.2.1:4711")),  # some load balancers add the port
        (1, ("[2001:db8::1]:4711", "2001:db8::2")),
        (2, ("192.0.2.1, 10.0.0.1", "198.51.100.7, 192.0.2.1, 10.0.0.2")),
        (2, ("192.0.2.1", "192.0.2.1")),  # past the CDN, straight to the load balancer
        (1, ("unknown", "")),  # no address: the socket's counts
    ],
)
def test_as_many_proxies_as_we_have_are_believed(
    client: Client, limit: Limit, settings: Settings, proxies: int, both: tuple[str, str]
) -> None:
    limit(reads="1/day")
    settings.TRUSTED_PROXIES = proxies

    assert [statuses(client, 1, REMOTE_ADDR="10.0.0.9", HTTP_X_FORWARDED_FOR=text) for text in both] == [[200], [429]]
    assert statuses(client, 1, REMOTE_ADDR="10.0.0.9", HTTP_X_FORWARDED_FOR="192.0.2.200, 192.0.2.201") == [200]


def test_who_is_signed_in_has_a_rate_of_their_own_behind_a_shared_address(
    customer: User, other_customer: User, client_of: ClientOf, limit: Limit
) -> None:
    limit(reads="2/day")

    assert statuses(client_of(customer), 3, "/me") == [200, 200, 429]
    assert statuses(client_of(other_customer), 1, "/me") == [200]
    assert statuses(APIClient(), 1) == [200]


def test_staff_have_the_rate_of_staff_for_all_that_they_do(staff: User, client_of: ClientOf, limit: Limit) -> None:
    limit(reads="1/day", writes="1/day", staff="3/day")
    client = client_of(staff)

    assert statuses(client, 2, "/me") == [200, 200]
    assert client.patch("/me", {}).status_code == 200
    assert statuses(client, 1, "/me") == [429]


def test_tokens_that_are_refused_count_on_the_address(client: Client, limit: Limit) -> None:
    limit(reads="2/day")

    assert [client.get("/me", HTTP_AUTHORIZATION=f"Bearer junk{n}").status_code for n in range(3)] == [401, 401, 429]


def test_a_call_that_is_refused_leaves_its_idempotency_key_free(staff: User, client_of: ClientOf, limit: Limit) -> None:
    client, body = client_of(staff), {"code": "MUG", "name": "Mug", "price": "12.90"}
    limit(staff="1/day")
    statuses(client, 1, "/me")

    refused = client.post("/products", body, headers={"Idempotency-Key": "one"})
    limit()
    made = client.post("/products", body | {"name": "Large mug"}, headers={"Idempotency-Key": "one"})

    assert (refused.status_code, made.status_code) == (429, 201)
    assert "Idempotency-Replayed" not in made


def sign_in(client: Client, email: str, address: str) -> int:
    """Without a password, so that nobody asks Cognito."""
    return client.post(
        "/auth/login", {"email": email}, content_type="application/json", REMOTE_ADDR=address
    ).status_code


def test_one_e_mail_address_is_tried_only_so_often_from_wherever(client: Client, limit: Limit) -> None:
    limit(emails="2/day")

    assert [sign_in(client, "Carla@example.com", f"203.0.113.{number}") for number in range(3)] == [400, 400, 429]
    assert sign_in(client, " CARLA@EXAMPLE.COM", HERE) == 429
    assert sign_in(client, "oscar@example.com", HERE) == 400


def test_one_address_tries_only_so_many_e_mail_addresses(client: Client, limit: Limit) -> None:
    limit(credentials="2/day")

    assert [sign_in(client, f"somebody{number}@example.com", HERE) for number in range(3)] == [400, 400, 429]


def test_the_admin_counts_passwords_as_the_api_does_and_asks_nobody_any_more(client: Client, limit: Limit) -> None:
    User.objects.create_superuser("root@example.com", "correct horse")
    limit(emails="2/day")
    for _ in range(2):
        sign_in(client, "root@example.com", HERE)

    answer = client.post("/admin/login/", {"username": "root@example.com", "password": "correct horse"})

    assert (answer.status_code, "_auth_user_id" in client.session) == (200, False)
    assert "Too many requests. Try again in" in answer.content.decode()


@pytest.mark.parametrize("path", ["/health/live", "/pre-authentication", "/confirmation"])
def test_health_checks_and_cognito_are_never_refused(client: Client, limit: Limit, path: str) -> None:
    limit(reads="1/day", writes="1/day", credentials="1/day")
    ask = client.get if path == "/health/live" else client.post

    assert 429 not in [ask(path).status_code for _ in range(5)]


def test_e_mail_addresses_are_kept_as_hashes_alone(
    client: Client, limit: Limit, valkey: TcpFakeServer, settings: Settings
) -> None:
    limit(credentials="5/day", emails="5/day")

    sign_in(client, "carla@example.com", HERE)

    keys = [str(key) for key in SharedCounter(settings.REDIS_URL)._valkey.scan_iter()]
    assert len(keys) == 2
    assert not [key for key in keys if "carla" in key or "example" in key]


def test_processes_count_together_in_valkey(valkey: TcpFakeServer, settings: Settings) -> None:
    one, other = SharedCounter(settings.REDIS_URL), SharedCounter(settings.REDIS_URL)

    assert [one.count("key", 7, 60), other.count("key", 7, 60), one.count("key", 8, 60)] == [1, 2, 1]
    assert 0 < one._valkey.ttl("throttle:60:7:key") <= 60


def test_without_valkey_requests_go_on_and_are_counted_here_and_it_is_said_once(
    client: Client, limit: Limit, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9"
    limit(credentials="2/day")

    with caplog.at_level(logging.INFO):
        tried = [sign_in(client, f"somebody{number}@example.com", "203.0.113.77") for number in range(3)]

    assert tried == [400, 400, 429]
    assert [record.levelname for record in caplog.records if record.name == "api.shared_counting"] == ["WARNING"]


def test_the_counter_forgets_what_is_past_and_keeps_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.counting.MOST_KEYS", 2)
    counter = ProcessCounter()

    assert [counter.count("a", 1, 60), counter.count("a", 1, 60), counter.count("a", 2, 60)] == [1, 2, 1]
    assert [counter.count("b", 2, 60), counter.count("c", 2, 60), counter.count("a", 2, 60)] == [1, 1, 1]


def test_the_server_of_production_refuses_unless_told_otherwise() -> None:
    with served(THROTTLE="", THROTTLE_READS="2/day") as port:
        answers = []
        for _ in range(3):
            connection = HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", "/")
            answer = connection.getresponse()
            answers.append((answer.status, answer.getheader("Retry-After") is not None))
            answer.read()
            connection.close()

    assert answers == [(200, False), (200, False), (429, True)]
