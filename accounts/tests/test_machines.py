"""Programs that call by themselves, with a token of client credentials."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.conftest import StandIn
from events.models import Event

pytestmark = pytest.mark.django_db
Mint = Callable[..., str]
CLIENT, NAME = "5warehouse1client2id", "warehouse@service.invalid"
DRAFTS, EXPORT = "/products?status=draft", "/products/export"


@pytest.fixture(autouse=True)
def service_clients(settings: Settings) -> None:
    settings.SERVICE_CLIENTS = {CLIENT: "warehouse"}


@pytest.fixture
def token(mint: Mint) -> Callable[..., str]:
    """What Cognito gives for client credentials: no groups, no user name, and the client as subject."""

    def make(scope: str = "service/catalog.read", **claims: Any) -> str:
        claims = {"sub": CLIENT, "client_id": CLIENT, "scope": scope, "cognito:groups": None} | claims
        return mint(User(), **claims)

    return make


def ask(token: str, path: str = DRAFTS, method: str = "get", **body: Any) -> Any:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return getattr(client, method)(path, format="json", **({"data": body} if body else {}))


def test_it_is_somebody_from_the_first_call_on_and_later_ones_only_read(
    token: Mint, cognito: StandIn, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assert ask(token()).status_code == 200
    user = User.objects.get()
    assert (user.email, user.name, user.role, user.cognito_sub) == (NAME, "warehouse", "service", None)
    assert not user.is_staff
    assert not user.has_usable_password()
    assert not Event.objects.exists()  # no customer has registered
    with django_assert_num_queries(1) as queries:
        assert ask(token(), "/me").status_code == 403
    assert queries.captured_queries[0]["sql"].startswith("SELECT")
    assert not cognito.calls  # there is nobody to ask about


@pytest.mark.django_db(transaction=True)
def test_two_first_calls_at_once_make_one_account(token: Mint) -> None:
    together, statuses = threading.Barrier(2, timeout=10), []

    def call() -> None:
        try:
            together.wait()
            statuses.append(ask(token()).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200, 200]
    assert User.objects.count() == 1


def test_a_new_client_of_the_same_name_is_the_same_program(token: Mint, settings: Settings) -> None:
    ask(token())
    settings.SERVICE_CLIENTS = {"6new": "warehouse"}
    assert ask(token(sub="6new", client_id="6new")).status_code == 200
    assert ask(token()).status_code == 401
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("scope", "reads", "writes"),
    [
        ("service/catalog.write", 200, 201),
        ("service/catalog.read service/orders.write", 200, 403),
        ("service/orders.write", 403, 403),
        ("service/catalog", 403, 403),
        ("catalog.write", 403, 403),
        ("admin/web customer/web aws.cognito.signin.user.admin", 403, 403),
        ("", 403, 403),
    ],
)
def test_it_may_do_what_its_scopes_say_and_no_more(token: Mint, scope: str, reads: int, writes: int) -> None:
    read, written = ask(token(scope), EXPORT), ask(token(scope), "/categories", "post", name="Kitchen")
    assert (read.status_code, written.status_code) == (reads, writes)
    for answer, needed in ((read, "service/catalog.read"), (written, "service/catalog.write")):
        if answer.status_code == 403:
            assert answer.json()["code"] == "insufficient_scope"
            assert answer["WWW-Authenticate"] == f'Bearer error="insufficient_scope", scope="{needed}"'


def test_groups_in_its_token_say_nothing(token: Mint) -> None:
    assert ask(token("", **{"cognito:groups": ["admin"]})).status_code == 403
    assert not User.objects.get().is_superuser


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "7other", "client_id": "7other"},  # a client that is none of ours
        {"sub": "sub-carla"},  # a person, by a client that is for no people
        {"sub": CLIENT, "client_id": None},
        {"sub": CLIENT, "client_id": [CLIENT]},
        {"token_use": "id"},
    ],
)
def test_it_refuses_what_no_client_of_a_program_was_given(customer: User, token: Mint, claims: dict[str, Any]) -> None:
    answer = ask(token(**claims))
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


def test_the_client_that_people_use_makes_no_program(token: Mint, settings: Settings) -> None:
    own = settings.COGNITO_CLIENT_ID
    answer = ask(token(sub=own, client_id=own))
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    assert not User.objects.exists()


def test_a_person_is_none_by_the_clients_id_as_name(customer: User, token: Mint, settings: Settings) -> None:
    """A person's `sub` is Cognito's choice; should it ever be a program's client id, it stays a person's."""
    customer.cognito_sub = CLIENT
    customer.save()
    assert ask(token(client_id=settings.COGNITO_CLIENT_ID), "/me").json()["email"] == customer.email


def test_programs_belong_to_the_pool_of_staff(token: Mint, settings: Settings) -> None:
    settings.STAFF_COGNITO_POOL_ID, settings.STAFF_COGNITO_ISSUER = "eu-central-1_Staff", "https://staff.example.com"
    assert ask(token()).status_code == 401  # signed by the customers' pool


def test_a_blocked_program_is_out_at_once(token: Mint) -> None:
    assert ask(token()).status_code == 200
    User.objects.update(is_active=False)
    answer = ask(token())
    assert (answer.status_code, answer.json()["code"]) == (403, "customer_blocked")


def test_an_admin_alone_blocks_it(token: Mint, staff: User) -> None:
    ask(token())
    program = User.objects.get(email=NAME)
    admin = User.objects.create_user("ada@example.com", cognito_sub="sub-ada", is_staff=True, is_superuser=True)
    for user, allowed_in in ((staff, True), (admin, False)):
        client = Client()
        client.force_login(user, backend="accounts.backends.CognitoBackend")
        client.post("/admin/accounts/user/", {"action": "block", "_selected_action": [str(program.pk)]})
        program.refresh_from_db()
        assert program.is_active is allowed_in


def test_it_does_not_come_into_the_admin(token: Mint, cognito: StandIn, client: Client) -> None:
    ask(token("service/catalog.write service/orders.write"))
    cognito.answers["InitiateAuth"] = (400, "NotAuthorizedException", "Incorrect username or password.")
    for password in ("", "!", CLIENT):
        assert client.post("/admin/login/", {"username": NAME, "password": password}).status_code == 200
    client.force_login(User.objects.get(), backend="accounts.backends.CognitoBackend")
    assert client.get("/admin/").status_code == 302


def test_nobody_takes_its_account_over_by_its_address(token: Mint, mint: Mint, cognito: StandIn) -> None:
    ask(token())
    cognito.knows(NAME)
    answer = ask(mint(User(), sub="sub-thief"), "/me")
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")
    assert User.objects.get().cognito_sub is None
