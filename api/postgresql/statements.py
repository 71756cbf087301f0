"""Running a statement that comes often: PostgreSQL plans it once per connection and text.

The text is put together from constants; every value is a parameter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django.db import connection

from api.postgresql.base import DatabaseWrapper

Parameters = Mapping[str, Any] | Sequence[Any]


def rows_of(sql: str, parameters: Parameters) -> list[tuple[Any, ...]]:
    """All rows that the statement gives."""
    with cast(DatabaseWrapper, connection).prepared_cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def run(sql: str, parameters: Parameters) -> int:
    """How many rows the statement wrote."""
    with cast(DatabaseWrapper, connection).prepared_cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)
