"""Running a read of the shop window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django.db import connection

from api.postgresql.base import DatabaseWrapper


def rows_of(sql: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of a SELECT whose text is put together from constants: PostgreSQL keeps a plan for each text."""
    with cast(DatabaseWrapper, connection).prepared_cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
