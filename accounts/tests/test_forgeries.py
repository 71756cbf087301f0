"""Made-up tokens at the door of the API; `shop/tests/test_live_forgeries.py` brings them to the other one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from rest_framework.test import APIClient

from accounts import tokens
from accounts.models import User
from accounts.tests.forgeries import FORGERIES

pytestmark = pytest.mark.django_db
Mint = Callable[..., str]


def me(token: str) -> Any:
    return APIClient().get("/me", HTTP_AUTHORIZATION=f"Bearer {token}")


@pytest.mark.parametrize("name", FORGERIES)
def test_no_forgery_comes_in(customer: User, mint: Mint, signing_key: rsa.RSAPrivateKey, name: str) -> None:
    good = mint(customer)
    answer = me(FORGERIES[name](good, signing_key))
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    assert me(good).status_code == 200  # so that it was the forgery, and nothing else, that was refused
    customer.refresh_from_db()
    assert customer.role == "customer"


def test_a_token_of_64_kib_is_refused_unread(customer: User, mint: Mint, key_server: ThreadingHTTPServer) -> None:
    before = key_server.requests  # type: ignore[attr-defined]
    for token in (mint(customer, padding="x" * 49_152), "x" * 65_536, f"{'x' * 21_845}." * 3):
        assert len(token) >= 65_536
        answer = me(token)
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
        assert len(answer.content) < 500
    assert key_server.requests == before  # type: ignore[attr-defined]


def test_a_flood_of_unknown_key_ids_reads_the_keys_once(
    customer: User, mint: Mint, key_server: ThreadingHTTPServer, signing_key: rsa.RSAPrivateKey
) -> None:
    before = key_server.requests  # type: ignore[attr-defined]
    claims = jwt.decode(mint(customer), options={"verify_signature": False})
    flood = [jwt.encode(claims, signing_key, algorithm="RS256", headers={"kid": f"k{n}"}) for n in range(200)]

    def refused(token: str) -> bool:
        try:
            tokens.verify(token)
        except tokens.InvalidToken:
            return True
        return False

    with ThreadPoolExecutor(max_workers=16) as pool:
        assert all(pool.map(refused, flood))
    assert key_server.requests == before + 1  # type: ignore[attr-defined]
    assert me(mint(customer)).status_code == 200
