"""Fixtures for every test. A test signs in with a real RS256 token; only the pool's key address is a local stand-in."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db import connection
from django.db.backends.utils import CursorWrapper
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker
from rest_framework.test import APIClient
from whitenoise.middleware import WhiteNoiseMiddleware

from accounts import tokens
from accounts.models import User
from accounts.rights import Role
from accounts.tests.key_server import serving
from api.logs import secrets_in
from catalog import freshness
from events.models import Event
from events.tests.contract import check_row
from shop import subscriptions


@pytest.fixture(scope="session")
def signing_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="session")
def key_server(signing_key: rsa.RSAPrivateKey) -> Iterator[ThreadingHTTPServer]:
    with serving(signing_key, "test") as server:
        yield server


@pytest.fixture(autouse=True)
def pool_keys(key_server: ThreadingHTTPServer, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test starts with no key read, as a fresh process does."""
    settings.COGNITO_JWKS_URL = f"http://127.0.0.1:{key_server.server_address[1]}/jwks.json"
    monkeypatch.setattr(tokens, "keys", {})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps Django from making permissions anew when it empties the database: `django_db_setup` puts all back."""
    for item in items:
        if mark := item.get_closest_marker("django_db"):
            kept = {**mark.kwargs, "serialized_rollback": True}
            item.add_marker(pytest.mark.django_db(*mark.args, **kept), append=False)


UNCHANGED = ("django_content_type", "auth_permission")
"""Tables that no test changes: they are neither emptied nor filled again."""
NEVER_EMPTIED = ("invoices_invoice", "invoices_logo", "invoices_numberseries")
"""Tables whose triggers refuse a TRUNCATE."""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """After a test with real commits: empties the tables that hold something, and puts back what migrations made.

    Django would truncate all fifty tables, which is most of what such a test costs, and put the rows back, one by one,
    before the next such test only: none without real commits could run between the two. A role that may not pass
    triggers by truncates, as Django does.
    """
    connection._test_serialized_contents = "[]"  # type: ignore[attr-defined]  # what Django would put back
    truncate = connection.ops.sql_flush
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        (may_pass_triggers,) = cursor.fetchone()
        unchanged = UNCHANGED if may_pass_triggers else ()
        tables = [table for table in connection.introspection.django_table_names(True) if table not in unchanged]
        cursor.execute("DROP SCHEMA IF EXISTS migrated CASCADE")  # of a database that --reuse-db kept
        cursor.execute("CREATE SCHEMA migrated")
        fill = []
        for table in filled(cursor, tables):
            cursor.execute(f'CREATE TABLE migrated."{table}" AS TABLE "{table}"')
            cursor.execute(
                "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute"
                " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
                [f'"{table}"'],
            )
            (columns,) = cursor.fetchone()
            fill.append(f'INSERT INTO "{table}" ({columns}) SELECT {columns} FROM migrated."{table}"')

    def empty(style: Any, tables: list[str], **options: Any) -> list[str]:
        if not may_pass_triggers:
            guarded = [table for table in tables if table in NEVER_EMPTIED]
            off, on = ([f'ALTER TABLE "{t}" {word} TRIGGER USER' for t in guarded] for word in ("DISABLE", "ENABLE"))
            return [*off, *truncate(style, tables, **options), *on, *fill]
        with connection.cursor() as cursor:
            emptied = [f'DELETE FROM "{table}"' for table in filled(cursor, [t for t in tables if t not in unchanged])]
        return ["SET LOCAL session_replication_role = replica", *emptied, *fill]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection.ops, "sql_flush", empty)
        yield
    # Threads of servers that were tested keep their connections, as they do in production.
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
        )


def filled(cursor: CursorWrapper, tables: list[str]) -> list[str]:
    """Those of the tables that hold a row."""
    cursor.execute(" UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")" for name in tables))
    return [name for (name,) in cursor.fetchall()]


@pytest.fixture(autouse=True)
def commits_are_undone(django_db_serialized_rollback: None) -> None:
    """As in `pytest_collection_modifyitems`, for tests that come by their database through a fixture."""


@pytest.fixture(scope="session", autouse=True)
def static_files_are_found_once() -> Iterator[None]:
    """A test's client is a shop that starts, and each that starts would look through all static files anew."""
    look, found = WhiteNoiseMiddleware.add_files_from_finders, dict[str, Any]()

    def look_once(self: WhiteNoiseMiddleware) -> None:
        if not found:
            look(self)
            found.update(self.files)
        self.files.update(found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", look_once)
        yield


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    """A test's changes are rolled back, and with them the revision by which a kept answer is known to be fresh."""
    freshness.shelf.clear()


@pytest.fixture(autouse=True)
def recorded_events_are_as_their_schemas_say(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test has recorded is held to `docs/schemas/`, so that no event goes out that they do not tell of.

    Not where the mark `made_up_events` says that a test writes rows into the log itself.
    """
    if request.node.get_closest_marker("made_up_events"):
        yield
        return
    has_database = request.node.get_closest_marker("django_db") or {"db", "transactional_db"} & {*request.fixturenames}
    if has_database:
        request.getfixturevalue("db")  # so that this ends before the database is emptied
    yield
    if has_database and not connection.needs_rollback:
        for row in Event.objects.filter(type__in=subscriptions.ROUTES):
            check_row(row)


PASSWORDS = re.compile(r"[A-Z][a-z]+-1234|Correct7Horse7|correct horse")
"""Those that tests sign in with."""


@pytest.fixture(autouse=True)
def no_secret_is_logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a test has anybody log, at any level, holds no token, password, e-mail address or card number."""
    found: list[str] = []
    go_on = logging.Logger.callHandlers

    def look(logger: logging.Logger, record: logging.LogRecord) -> None:
        text = f"{record.getMessage()} {record.exc_info[1] if record.exc_info else ''}"
        secrets = [*secrets_in(text), *PASSWORDS.findall(text)]
        found.extend(f"{record.name} logs {secret!r} ({record.pathname}:{record.lineno})" for secret in secrets)
        go_on(logger, record)

    monkeypatch.setattr(logging.Logger, "callHandlers", look)
    yield
    assert not found


MintToken = Callable[..., str]


@pytest.fixture
def mint(signing_key: rsa.RSAPrivateKey, settings: Settings) -> MintToken:
    """Makes an access token for a user; keyword arguments replace claims (None removes one)."""

    def make(user: User, **changes: Any) -> str:
        now = int(time.time())
        claims = {
            "sub": user.cognito_sub,
            "iss": settings.COGNITO_ISSUER,
            "client_id": settings.COGNITO_CLIENT_ID,
            "token_use": "access",
            "iat": now,
            "auth_time": now,
            "exp": now + 3600,
            "cognito:groups": [] if user.role is Role.CUSTOMER else [user.role],
        } | changes
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(claims, signing_key, algorithm="RS256", headers={"kid": "test"})

    return make


@pytest.fixture
def customer(db: None) -> User:
    return User.objects.create_user("carla@example.com", name="Carla Customer", cognito_sub="sub-carla")


@pytest.fixture
def other_customer(db: None) -> User:
    return User.objects.create_user("oscar@example.com", name="Oscar Other", cognito_sub="sub-oscar")


@pytest.fixture
def staff(db: None) -> User:
    return User.objects.create_user("stella@example.com", name="Stella Staff", cognito_sub="sub-stella", is_staff=True)


@pytest.fixture
def client_of(mint: MintToken) -> Callable[[User], APIClient]:
    """An HTTP client that sends a user's token: `client_of(customer).get("/orders")`."""

    def make(user: User) -> APIClient:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {mint(user)}")
        client.default_format = "json"
        return client

    return make


@pytest.fixture
def guest() -> APIClient:
    client = APIClient()
    client.default_format = "json"
    return client
