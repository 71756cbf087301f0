"""The live feed's door is the API's: who is refused there is refused here, and who comes in is the same somebody."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from websockets.sync.client import connect

from accounts.models import User
from accounts.tests.forgeries import FORGERIES
from shop.tests.conftest import Feed, Listen, LiveServer

pytestmark = pytest.mark.django_db(transaction=True)
Mint = Callable[..., str]


def test_no_forgery_comes_in(customer: User, listen: Listen, mint: Mint, signing_key: rsa.RSAPrivateKey) -> None:
    good = mint(customer)
    got = {name: listen(token=forge(good, signing_key)).close_code() for name, forge in FORGERIES.items()}
    assert got == dict.fromkeys(FORGERIES, 4401)
    listen(token=good).hello()


def test_nor_as_a_subprotocol(customer: User, live: LiveServer, mint: Mint, signing_key: rsa.RSAPrivateKey) -> None:
    good = mint(customer)
    for name in ("alg none", "HS256 by the public key", "changed groups", "a fourth part", "!! after it"):
        offer = ["bearer", FORGERIES[name](good, signing_key)]
        with connect(f"{live.ws}/ws/events", subprotocols=offer, proxy=None) as client:  # type: ignore[arg-type]
            assert Feed(client).close_code() == 4401, name
    with connect(f"{live.ws}/ws/events", subprotocols=["bearer", good], proxy=None) as client:  # type: ignore[list-item]
        Feed(client).hello()


def test_a_role_that_a_token_brings_here_holds_there(customer: User, listen: Listen, mint: Mint) -> None:
    listen(token=mint(customer, **{"cognito:groups": ["catalog"]})).hello()
    customer.refresh_from_db()
    assert customer.role == "catalog"
