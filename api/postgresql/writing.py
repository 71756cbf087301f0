"""Writing new rows, of several models if need be, by one statement that is planned once per connection.

The ORM needs longer to make an INSERT than PostgreSQL to run it, makes one per model, and its text differs with the
number of rows. Here the text depends on the models alone, because all rows of a model come as one JSON document.
"""

from __future__ import annotations

import functools
import re
from decimal import Decimal
from typing import Any

import orjson
from django.db import connection
from django.db.models import AutoField, Field, Model

from api.postgresql.statements import run

LENGTH = re.compile(r"\([^)]*\)")


def insert(*rows: Model) -> None:
    """Inserts unsaved rows as they are: no signals, no defaults of the database. Foreign keys are checked at commit.

    A key that the database gives is not read back. Raises what a `save(force_insert=True)` would raise.
    """
    by_model: dict[type[Model], list[dict[str, Any]]] = {}
    for row in rows:
        by_model.setdefault(type(row), []).append(
            {column: getattr(row, name) for column, name, _ in _columns(type(row))}
        )
        row._state.adding, row._state.db = False, connection.alias
    documents = [orjson.dumps(written, default=_plain).decode() for written in by_model.values()]
    run(_statement(tuple(by_model)), documents)


@functools.cache
def _statement(models: tuple[type[Model], ...]) -> str:
    """One INSERT per model, those before the last as parts of its WITH: PostgreSQL runs them all."""
    *before, last = [_insert(model) for model in models]
    parts = ", ".join(f"part{number} AS ({part})" for number, part in enumerate(before))
    return f"WITH {parts} {last}" if parts else last


def _insert(model: type[Model]) -> str:
    table, columns = model._meta.db_table, _columns(model)
    names = ", ".join(f'"{column}"' for column, _, _ in columns)
    typed = ", ".join(f'"{column}" {kind}' for column, _, kind in columns)
    return (  # names of models' tables and columns alone
        f'INSERT INTO "{table}" ({names}) SELECT {names} FROM json_to_recordset(%s::json) AS r ({typed})'  # noqa: S608
    )


@functools.cache
def _columns(model: type[Model]) -> list[tuple[str, str, str]]:
    """Column, attribute and type of what is written; the database gives the keys that it counts itself."""
    fields = [field for field in model._meta.concrete_fields if not isinstance(field, AutoField)]
    return [(str(field.column), field.attname, _type(field)) for field in fields]


def _type(field: Field[Any, Any]) -> str:
    """The column's type without its length: a cast would cut what is too long, and the column itself refuses it."""
    kind = str(field.rel_db_type(connection) if field.is_relation else field.db_type(connection))
    return LENGTH.sub("", kind)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON.")
