"""Running a read of the shop window on the connection itself, prepared once and then only bound and executed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection


def rows_of(sql: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of a SELECT whose text is a constant. Counted by Django's query log, like any other."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
