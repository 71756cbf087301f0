from __future__ import annotations

import psycopg
import pytest
from django.db import close_old_connections, connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from api.postgresql.base import DatabaseWrapper


def ours() -> DatabaseWrapper:
    assert isinstance(connection._connections[connection._alias], DatabaseWrapper)  # type: ignore[attr-defined]
    return connection  # type: ignore[return-value]


def process() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_the_server_has_ended_is_not_used_again(guest: APIClient) -> None:
    before = process()
    connection.ensure_connection()
    with psycopg.connect(**{**connection.get_connection_params(), "cursor_factory": psycopg.Cursor}) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [before])

    close_old_connections()  # as Django does when a request begins
    assert guest.get("/products").status_code == 200
    assert process() != before


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_stands_is_kept_without_asking_the_server() -> None:
    before = process()
    with CaptureQueriesContext(connection) as asked:
        close_old_connections()
        connection.ensure_connection()
        assert ours().is_usable()
    assert len(asked) == 0
    assert process() == before


@pytest.mark.django_db(transaction=True)
def test_a_statement_that_comes_often_is_planned_once() -> None:
    statement = "SELECT count(*) FROM catalog_product p WHERE p.price < %(price)s AND 'once' <> ''"
    for price in range(8):
        with ours().prepared_cursor() as cursor:
            cursor.execute(statement, {"price": price})
            assert cursor.fetchall() == [(0,)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%''once''%%'")
        assert cursor.fetchone() == (1,)
