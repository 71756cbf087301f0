"""Customers in one user pool and staff in another: which token makes whom what."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings as configured
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.cognito_events import SUB, post_confirmation, pre_authentication, signed
from accounts.tests.conftest import StandIn
from accounts.tests.key_server import serving

pytestmark = pytest.mark.django_db
Mint = Callable[..., str]
STAFF_POOL, STAFF_CLIENT = "eu-central-1_StaffOnly", "staffclient"


@pytest.fixture(scope="module")
def staff_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def staff_keys(staff_key: rsa.RSAPrivateKey, settings: Settings) -> Iterator[ThreadingHTTPServer]:
    """Staff have a pool of their own, and this is where its keys are."""
    with serving(staff_key, "staff-key") as server:
        settings.STAFF_COGNITO_POOL_ID, settings.STAFF_COGNITO_CLIENT_ID = STAFF_POOL, STAFF_CLIENT
        settings.STAFF_COGNITO_ISSUER = f"https://cognito-idp.eu-central-1.amazonaws.com/{STAFF_POOL}"
        settings.STAFF_COGNITO_JWKS_URL = f"http://127.0.0.1:{server.server_address[1]}/jwks.json"
        yield server


@pytest.fixture
def staff_token(staff_keys: ThreadingHTTPServer, staff_key: rsa.RSAPrivateKey, settings: Settings) -> Mint:
    def make(sub: str, *groups: str, kid: str = "staff-key", **changes: Any) -> str:
        now = int(time.time())
        claims = {
            "sub": sub,
            "iss": settings.STAFF_COGNITO_ISSUER,
            "client_id": STAFF_CLIENT,
            "token_use": "access",
            "iat": now,
            "exp": now + 3600,
            "cognito:groups": list(groups),
        }
        return jwt.encode(claims | changes, staff_key, algorithm="RS256", headers={"kid": kid})

    return make


@pytest.fixture
def staff_pool(staff_keys: ThreadingHTTPServer, cognito: StandIn) -> StandIn:
    """Both pools, behind one address as AWS has them."""
    return cognito


def me(token: str) -> Any:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client.get("/me")


def test_the_tokens_of_both_pools_are_accepted(customer: User, mint: Mint, staff_token: Mint, cognito: StandIn) -> None:
    cognito.knows("stella@example.com", name="Stella Staff")
    assert me(mint(customer)).json()["email"] == customer.email
    assert me(staff_token("sub-s", "staff")).json()["email"] == "stella@example.com"
    stella = User.objects.get(email="stella@example.com")
    assert (stella.pool, stella.is_staff, stella.is_superuser) == (User.Pool.STAFF, True, False)


@pytest.mark.parametrize("groups", [["staff"], ["admin"], ["staff", "admin"]])
def test_groups_of_the_customers_pool_make_nobody_staff(
    customer: User, mint: Mint, staff_keys: ThreadingHTTPServer, groups: list[str]
) -> None:
    token = mint(customer, **{"cognito:groups": groups})
    assert me(token).status_code == 200
    customer.refresh_from_db()
    assert (customer.is_staff, customer.is_superuser) == (False, False)


def test_who_was_staff_by_the_customers_pool_is_none_any_more(
    staff: User, mint: Mint, staff_keys: ThreadingHTTPServer, client_of: Callable[[User], APIClient]
) -> None:
    assert client_of(staff).get("/imports").status_code == 403
    staff.refresh_from_db()
    assert not staff.is_staff


def test_one_sub_in_both_pools_is_two_people(customer: User, mint: Mint, staff_token: Mint, cognito: StandIn) -> None:
    cognito.knows("stella@example.com")
    other = me(staff_token(str(customer.cognito_sub), "admin"))
    assert other.status_code == 200
    assert other.json()["id"] != str(customer.pk)
    assert me(mint(customer)).json()["id"] == str(customer.pk)
    customer.refresh_from_db()
    assert (customer.is_staff, customer.pool) == (False, User.Pool.CUSTOMERS)


def test_a_customers_address_is_not_taken_over_from_the_other_pool(
    customer: User, staff_token: Mint, cognito: StandIn
) -> None:
    cognito.knows(customer.email)
    answer = me(staff_token("sub-s", "admin"))
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")
    assert User.objects.count() == 1


def test_an_account_that_waits_for_its_address_is_theirs_who_have_it_in_either_pool(
    staff_token: Mint, cognito: StandIn
) -> None:
    waiting = User.objects.create_user("stella@example.com")
    cognito.knows("stella@example.com")
    assert me(staff_token("sub-s", "staff")).json()["id"] == str(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.pool, waiting.is_staff) == (User.Pool.STAFF, True)


def test_an_emergency_account_waits_for_nobody(mint: Mint, cognito: StandIn) -> None:
    glass = User.objects.create_superuser("glass@example.com", "break-in-case-of-fire")
    cognito.knows("glass@example.com")
    answer = me(mint(User(), sub="sub-new"))
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")
    glass.refresh_from_db()
    assert (glass.cognito_sub, glass.is_superuser) == (None, True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "test-client"},
        {"iss": "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_other"},
        {"token_use": "id"},
        {"kid": "test"},
    ],
)
def test_a_pools_token_is_checked_with_its_own_client_and_keys(staff_token: Mint, wrong: dict[str, str]) -> None:
    answer = me(staff_token("sub-s", "admin", **wrong))
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


def test_a_key_of_one_pool_signs_nothing_of_the_other(
    customer: User, mint: Mint, staff_token: Mint, staff_keys: ThreadingHTTPServer, settings: Settings
) -> None:
    assert me(mint(customer)).status_code == 200
    forged = {"iss": settings.STAFF_COGNITO_ISSUER, "client_id": STAFF_CLIENT, "cognito:groups": ["admin"]}
    assert me(mint(customer, **forged)).json()["code"] == "invalid_token"
    ours = {"iss": settings.COGNITO_ISSUER, "client_id": settings.COGNITO_CLIENT_ID}
    assert me(staff_token("sub-s", **ours)).json()["code"] == "invalid_token"


def test_unknown_key_ids_of_one_pool_keep_nobody_of_the_other_out(
    customer: User, mint: Mint, staff_token: Mint, staff_keys: ThreadingHTTPServer, cognito: StandIn
) -> None:
    cognito.knows("stella@example.com")
    for number in range(10):
        assert me(staff_token("sub-s", kid=f"unknown-{number}")).status_code == 401
    assert me(mint(customer)).status_code == 200
    assert me(staff_token("sub-s")).status_code == 200
    assert staff_keys.requests == 1  # type: ignore[attr-defined]


def test_the_other_pools_outage_is_none_of_ours(
    customer: User, mint: Mint, staff_token: Mint, settings: Settings
) -> None:
    settings.STAFF_COGNITO_JWKS_URL = "http://127.0.0.1:9/jwks.json"
    assert me(staff_token("sub-s")).status_code == 503
    assert me(mint(customer)).status_code == 200


@pytest.mark.parametrize("pool", ["customers", "staff", ""])
@pytest.mark.parametrize(
    ("path", "body", "call"),
    [
        ("/auth/login", {"email": "a@example.com", "password": "x"}, "InitiateAuth"),
        (
            "/auth/login/mfa",
            {"email": "a@example.com", "session": "s" * 20, "code": "123456"},
            "RespondToAuthChallenge SOFTWARE_TOKEN_MFA",
        ),
        (
            "/auth/new-password",
            {"email": "a@example.com", "password": "x", "new_password": "Correct-Horse-7"},
            "InitiateAuth",
        ),
        ("/auth/refresh", {"refresh_token": "r"}, "GetTokensFromRefreshToken"),
        ("/auth/logout", {"refresh_token": "r"}, "RevokeToken"),
        ("/auth/forgot-password", {"email": "a@example.com"}, "ForgotPassword"),
        (
            "/auth/reset-password",
            {"email": "a@example.com", "code": "1", "password": "Correct-Horse-7"},
            "ConfirmForgotPassword",
        ),
    ],
)
def test_a_call_goes_to_the_pool_that_it_names_and_else_to_the_customers(
    staff_pool: StandIn, path: str, body: dict[str, str], call: str, pool: str
) -> None:
    staff_pool.answers[call] = (400, "NotAuthorizedException", "no")
    APIClient().post(path, body | ({"pool": pool} if pool else {}), format="json")
    assert staff_pool.sent[call]["ClientId"] == (STAFF_CLIENT if pool == "staff" else configured.COGNITO_CLIENT_ID)


def test_staff_sign_in_to_their_pool_and_are_staff(guest: APIClient, staff_pool: StandIn, staff_token: Mint) -> None:
    staff_pool.knows("stella@example.com")
    given = {"AccessToken": staff_token("sub-s", "staff"), "IdToken": "i", "RefreshToken": "r"}
    staff_pool.takes_password({"AuthenticationResult": given | {"TokenType": "Bearer", "ExpiresIn": 3600}})
    body = {"email": "stella@example.com", "password": "x", "pool": "staff"}
    tokens = guest.post("/auth/login", body)
    assert tokens.status_code == 200
    assert me(tokens.json()["access_token"]).json()["email"] == "stella@example.com"
    assert User.objects.get().role == "staff"


def test_the_admin_asks_the_staffs_pool(client: Client, staff_pool: StandIn, staff_token: Mint) -> None:
    staff_pool.knows("stella@example.com")
    given = {"AccessToken": staff_token("sub-s", "staff"), "IdToken": "i", "RefreshToken": "r"}
    staff_pool.takes_password({"AuthenticationResult": given | {"TokenType": "Bearer", "ExpiresIn": 3600}})
    answer = client.post("/admin/login/?next=/admin/", {"username": "stella@example.com", "password": "x"})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
    assert staff_pool.sent["InitiateAuth"]["ClientId"] == STAFF_CLIENT


def test_the_rules_for_passwords_are_each_pools_own(guest: APIClient, staff_pool: StandIn) -> None:
    body = {"email": "a@example.com", "code": "1", "password": "Correct-Horse-7"}
    staff_pool.answers["ConfirmForgotPassword"] = {}
    for pool, pool_id in (("staff", STAFF_POOL), ("customers", configured.COGNITO_POOL_ID)):
        assert guest.post("/auth/reset-password", body | {"pool": pool}).status_code == 204
        assert staff_pool.sent["DescribeUserPool"]["UserPoolId"] == pool_id
    assert staff_pool.calls["DescribeUserPool"] == 2


def test_with_one_pool_both_names_mean_it(guest: APIClient, cognito: StandIn) -> None:
    cognito.answers["InitiateAuth"] = (400, "NotAuthorizedException", "no")
    guest.post("/auth/login", {"email": "a@example.com", "password": "x", "pool": "staff"})
    assert cognito.sent["InitiateAuth"]["ClientId"] == configured.COGNITO_CLIENT_ID


def test_the_triggers_of_both_pools_are_answered(staff_keys: ThreadingHTTPServer) -> None:
    User.objects.create_user("carla@example.com", cognito_sub=SUB, is_active=False)

    def send(path: str, event: dict[str, Any]) -> int:
        status: int = APIClient().generic("POST", path, **signed(event)).status_code
        return status

    theirs = {"userPoolId": STAFF_POOL}
    assert send("/pre-authentication", pre_authentication()) == 403
    assert send("/pre-authentication", pre_authentication() | theirs) == 200
    assert send("/confirmation", post_confirmation() | theirs) == 200
    assert User.objects.filter(cognito_sub=SUB, pool=User.Pool.STAFF).count() == 1
