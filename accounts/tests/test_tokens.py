"""Which access tokens let their bearer in."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from http.server import ThreadingHTTPServer

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts import tokens
from accounts.checked import CheckedTokens
from accounts.models import User
from accounts.tokens import LEEWAY

Mint = Callable[..., str]


def me(token: str, scheme: str = "Bearer") -> tuple[int, dict[str, str]]:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"{scheme} {token}")
    answer = client.get("/me")
    if answer.status_code == 401:
        assert answer["WWW-Authenticate"] == "Bearer"
        assert answer["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()


def assert_refused(token: str) -> None:
    status, body = me(token)
    assert (status, body["code"]) == (401, "invalid_token")
    assert len(body["detail"]) < 200


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_it_lets_in_the_bearer_of_a_good_token(customer: User, mint: Mint) -> None:
    status, body = me(mint(customer))
    assert (status, body["email"]) == (200, customer.email)


def test_the_scheme_is_read_in_any_case(customer: User, mint: Mint) -> None:
    assert me(mint(customer), scheme="bearer")[0] == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": int(time.time()) - 60},
        {"iat": int(time.time()) + 600},
        {"nbf": int(time.time()) + 600},
        {"iss": "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_other"},
        {"client_id": "another"},
        {"client_id": None, "aud": "c", "token_use": "id"},
        {"token_use": "id"},
        {"token_use": None},
        {"exp": None},
        {"exp": "soon"},
        {"sub": None},
        {"sub": 7},
        {"iss": None},
    ],
)
def test_it_refuses_wrong_claims(customer: User, mint: Mint, claims: dict[str, object]) -> None:
    assert_refused(mint(customer, **claims))


def test_it_forgives_a_clock_that_is_a_little_off(customer: User, mint: Mint) -> None:
    assert me(mint(customer, exp=int(time.time()) - LEEWAY + 5))[0] == 200


def test_it_refuses_a_token_that_somebody_else_signed(customer: User, mint: Mint) -> None:
    foreign = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    claims = jwt.decode(mint(customer), options={"verify_signature": False})
    assert_refused(jwt.encode(claims, foreign, algorithm="RS256", headers={"kid": "test"}))


def test_it_refuses_a_token_whose_claims_were_changed(customer: User, staff: User, mint: Mint) -> None:
    header, _, signature = mint(customer).split(".")
    assert_refused(f"{header}.{mint(staff).split('.')[1]}.{signature}")


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "", None, 5, ["RS256"]])
def test_it_refuses_a_token_without_a_signature(customer: User, mint: Mint, alg: object) -> None:
    payload = mint(customer).split(".")[1]
    for header in ({"alg": alg, "typ": "JWT", "kid": "test"}, {"alg": alg}):
        assert_refused(f"{part(header)}.{payload}.")


def test_it_refuses_a_token_that_takes_the_public_key_for_a_secret(
    customer: User, mint: Mint, signing_key: rsa.RSAPrivateKey
) -> None:
    import hashlib
    import hmac

    public = signing_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = f"{part({'alg': 'HS256', 'kid': 'test'})}.{mint(customer).split('.')[1]}"
    signature = base64.urlsafe_b64encode(hmac.new(public, signed.encode(), hashlib.sha256).digest()).decode()
    assert_refused(f"{signed}.{signature.rstrip('=')}")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "token",
    [
        "garbage",
        "a.b.c",
        "..",
        "ä.ö.ü",
        "x" * 65_536,
        f"{part([])}.{part({})}.x",
        f"{part('text')}.{part({})}.x",
        f"{part({'alg': 'RS256', 'kid': ['test']})}.{part({})}.x",
        f"{part({'alg': 'RS256', 'kid': 'test'})}.{part({})}.x",
        base64.urlsafe_b64encode(b"[" * 5000).decode() + ".e30.x",
        base64.urlsafe_b64encode(b"\xff\xfe").decode() + ".e30.x",
    ],
    ids=lambda token: token[:20],
)
def test_it_refuses_garbage(token: str) -> None:
    assert_refused(token)


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer a b", "Basic dTpw", "token"])
def test_it_refuses_a_header_that_is_none_of_ours(header: str) -> None:
    answer = APIClient().get("/me", HTTP_AUTHORIZATION=header)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


def test_keys_are_read_once_whatever_key_ids_clients_invent(
    customer: User, mint: Mint, key_server: ThreadingHTTPServer, signing_key: rsa.RSAPrivateKey
) -> None:
    before = key_server.requests  # type: ignore[attr-defined]
    claims = jwt.decode(mint(customer), options={"verify_signature": False})
    for number in range(20):
        assert_refused(jwt.encode(claims, signing_key, algorithm="RS256", headers={"kid": f"unknown-{number}"}))
        assert me(mint(customer))[0] == 200
    assert key_server.requests == before + 1  # type: ignore[attr-defined]


def test_a_token_of_another_algorithm_makes_nobody_read_the_keys(
    customer: User, mint: Mint, key_server: ThreadingHTTPServer
) -> None:
    before = key_server.requests  # type: ignore[attr-defined]
    assert_refused(f"{part({'alg': 'none', 'kid': 'new'})}.{mint(customer).split('.')[1]}.")
    assert key_server.requests == before  # type: ignore[attr-defined]


def test_while_the_keys_cannot_be_read_it_is_503_and_known_keys_go_on_working(
    customer: User, mint: Mint, settings: Settings, signing_key: rsa.RSAPrivateKey
) -> None:
    good, address = mint(customer), settings.COGNITO_JWKS_URL
    settings.COGNITO_JWKS_URL = "http://127.0.0.1:9/jwks.json"
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {good}")
    answer = client.get("/me")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer["Retry-After"]) > 0
    tokens.keys.clear()  # a fresh process, while the address answers
    settings.COGNITO_JWKS_URL = address
    assert me(good)[0] == 200
    settings.COGNITO_JWKS_URL = "http://127.0.0.1:9/jwks.json"
    assert me(good)[0] == 200


def test_a_token_that_was_good_lets_nobody_in_with_another_signature(customer: User, mint: Mint) -> None:
    good = mint(customer)
    assert me(good)[0] == 200
    signed, _, signature = good.rpartition(".")
    assert_refused(f"{signed}.{signature[::-1]}")
    assert_refused(f"{signed}.")


def test_a_token_that_was_good_expires(customer: User, mint: Mint) -> None:
    token = mint(customer, exp=int(time.time()) - LEEWAY + 3)
    assert me(token)[0] == 200
    until = time.monotonic() + 20
    while me(token)[0] == 200:
        assert time.monotonic() < until
    assert_refused(token)


def test_a_token_that_was_good_is_checked_again_when_its_client_is_not_ours_any_more(
    customer: User, mint: Mint, settings: Settings
) -> None:
    token = mint(customer)
    assert me(token)[0] == 200
    settings.COGNITO_CLIENT_ID = "another"
    assert_refused(token)


def test_a_token_that_was_good_is_checked_again_when_its_key_is_gone(
    customer: User, mint: Mint, settings: Settings
) -> None:
    token = mint(customer)
    assert me(token)[0] == 200
    tokens.keys.clear()
    settings.COGNITO_JWKS_URL = "http://127.0.0.1:9/jwks.json"
    assert me(token)[0] == 503


def test_a_token_is_forgotten_when_too_many_came_after_it(customer: User, mint: Mint) -> None:
    kept, all_ = CheckedTokens(2), [mint(customer, number=number) for number in range(3)]
    for token in all_:
        assert me(token)[0] == 200
        found = tokens.checked.get(token, leeway=LEEWAY)
        assert found
        kept.put(token, found)
    assert [kept.get(token, leeway=LEEWAY) is not None for token in all_] == [False, True, True]


def test_a_known_user_costs_one_query_and_no_write(
    customer: User, mint: Mint, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    me(mint(customer))
    with django_assert_num_queries(1) as queries:
        assert me(mint(customer))[0] == 200
    assert queries.captured_queries[0]["sql"].startswith("SELECT")


def test_the_blocked_are_out_at_once(customer: User, mint: Mint) -> None:
    token = mint(customer)
    assert me(token)[0] == 200
    User.objects.filter(pk=customer.pk).update(is_active=False)
    status, body = me(token)
    assert (status, body["code"]) == (403, "customer_blocked")


def test_roles_follow_the_groups_of_the_newest_token(customer: User, mint: Mint) -> None:
    now = int(time.time())
    old = mint(customer, **{"cognito:groups": ["staff"], "iat": now - 600})
    new = mint(customer, **{"cognito:groups": [], "iat": now})
    for token, is_staff in ((old, True), (new, False), (old, False)):
        assert me(token)[0] == 200
        customer.refresh_from_db()
        assert (customer.is_staff, customer.is_superuser) == (is_staff, False)


@pytest.mark.parametrize(
    ("groups", "flags"), [([], (False, False)), (["staff"], (True, False)), (["admin"], (True, True))]
)
def test_groups_make_the_role(customer: User, mint: Mint, groups: list[str], flags: tuple[bool, bool]) -> None:
    me(mint(customer, **{"cognito:groups": groups}))
    customer.refresh_from_db()
    assert (customer.is_staff, customer.is_superuser) == flags
