"""Django's PostgreSQL, with a cheaper look whether a connection still stands, and a cursor that keeps plans."""

from __future__ import annotations

import select
from typing import cast

import psycopg
from django.db.backends.postgresql import base
from django.db.backends.utils import CursorWrapper


class DatabaseWrapper(base.DatabaseWrapper):
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
        """A cursor that has PostgreSQL keep the plan of a statement that comes often (`prepare_threshold` times).

        Planning a product list takes as long as answering it. Django's own cursor writes the parameters into the text,
        so that every statement is a new one.
        """
        self.close_if_health_check_failed()
        self.ensure_connection()
        with self.wrap_database_errors:
            return cast(CursorWrapper, self._prepare_cursor(psycopg.Cursor(self.connection)))  # type: ignore[attr-defined]
