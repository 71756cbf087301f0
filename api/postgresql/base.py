"""Django's PostgreSQL, with a cheaper look whether a connection still stands, and a cursor that keeps plans."""

from __future__ import annotations

import select
from typing import Any, cast

import psycopg
from django.db.backends.postgresql import base
from django.db.backends.utils import CursorWrapper

from api.postgresql import passwords


class KeptCursor(psycopg.Cursor[tuple[Any, ...]]):
    def close(self) -> None:
        """Stays open for the next statement, when a `with` block that used it ends."""


class DatabaseWrapper(base.DatabaseWrapper):
    _kept: KeptCursor | None = None

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        return params | passwords.credentials()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Once more, with the password of now, where it was changed since it was read."""
        try:
            return super().get_new_connection(conn_params)
        except psycopg.OperationalError as error:
            if not passwords.changed(error):
                raise
            return super().get_new_connection(conn_params | passwords.credentials())

    def is_usable(self) -> bool:
        """Asks the socket, where Django sends a query at the beginning of every request.

        An idle connection has nothing to read: what can be read on its socket is the end that the server, or the
        kernel, has put to it. Looking there costs a microsecond. What it cannot see (a network that swallows packets)
        fails with the first query, is answered 503, and the next request connects anew.
        """
        if self.connection is None or self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.pgconn.socket, select.POLLIN | select.POLLERR | select.POLLHUP)
        return not poll.poll(0)

    def prepared_cursor(self) -> CursorWrapper:
        """The cursor that has PostgreSQL keep the plan of a statement that comes often (`prepare_threshold` times).

        Planning a product list takes as long as answering it. Django's own cursor writes the parameters into the text,
        so that every statement is a new one.

        There is one per connection, because psycopg needs as long to make a cursor as to run a small statement: read
        what it gives before the next statement. `api/postgresql/statements.py` does.
        """
        self.close_if_health_check_failed()
        self.ensure_connection()
        with self.wrap_database_errors:
            if self._kept is None or self._kept.connection is not self.connection:
                self._kept = KeptCursor(self.connection)
            return cast(CursorWrapper, self._prepare_cursor(self._kept))  # type: ignore[attr-defined]
