"""Reading the event log without a thread: psycopg's own asynchronous connections, beside Django's."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg import AsyncConnection, OperationalError
from psycopg_pool import AsyncConnectionPool

from api.postgresql import passwords
from api.renderers import dumps
from events.log import CHANNEL
from events.presentation import event_json
from notifications.live.hearing import Hearing

DJANGOS_OWN = {"pool", "assume_role", "isolation_level", "server_side_binding"}
"""Options of Django's DATABASES that libpq does not know; the others (`sslmode`, …) hold here too."""

COLUMNS = "position, id, type, time, subject, data, customer_id"
AFTER = f"""
SELECT {COLUMNS}, traceparent FROM events_event WHERE position > %(after)s ORDER BY position LIMIT %(limit)s
"""  # noqa: S608
AFTER_FOR_ONE = f"""
SELECT {COLUMNS}, '' FROM events_event
WHERE position > %(after)s AND position <= %(until)s AND {{heard}}
  AND (%(types)s::text[] IS NULL OR type = ANY(%(types)s))
ORDER BY position LIMIT %(limit)s
"""  # noqa: S608  (no part of it comes from outside)
OWN, OF_ALL = "customer_id = %(own)s", "type = ANY(%(of_all)s)"


@dataclass(frozen=True, slots=True)
class Entry:
    """An event of the log, and the message that tells a client of it, made once for all sockets.

    `traceparent` is the span that a push stands below; empty for what somebody reads later.
    """

    position: int
    type: str
    customer_id: UUID | None
    message: str
    traceparent: str


def connection_settings() -> dict[str, Any]:
    """Django's own database, with limits: a server that fell silent is given up after ten seconds."""
    settings = connection.settings_dict
    options = {name: value for name, value in settings["OPTIONS"].items() if name not in DJANGOS_OWN}
    known = {"user": settings["USER"], "password": settings["PASSWORD"]} | passwords.credentials()
    return (
        options
        | known
        | {
            "dbname": settings["NAME"],
            "host": settings["HOST"],
            "port": settings["PORT"],
            "connect_timeout": 5,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 2,
            "tcp_user_timeout": 10_000,
            "options": "-c timezone=UTC -c statement_timeout=10000",
            "application_name": "shop live",
        }
    )


async def _parameters() -> dict[str, Any]:
    await asyncio.to_thread(passwords.credentials)  # asks AWS now and then, which must hold up no socket
    return connection_settings() | {"autocommit": True}


async def listen() -> AsyncConnection[Any]:
    """A connection that hears the relay. Outside transactions, or the notifications would wait for a commit."""
    try:
        connected = await AsyncConnection.connect(**await _parameters())
    except OperationalError as error:
        passwords.changed(error)
        raise
    try:
        await connected.execute(f"LISTEN {CHANNEL}")
    except BaseException:
        await connected.close()
        raise
    return connected


def reading_pool() -> AsyncConnectionPool[AsyncConnection[Any]]:
    """A few connections for the sockets that are behind the newest part of the log; none while nobody is."""
    return AsyncConnectionPool(
        kwargs=_parameters,
        min_size=0,
        max_size=2,
        timeout=10,
        max_idle=60,
        check=AsyncConnectionPool.check_connection,
        open=False,
        name="live",
    )


async def head(connected: AsyncConnection[Any]) -> int:
    """The newest position, 0 while there is none. The relay gives them in order, so none below it is still to come."""
    cursor = await connected.execute("SELECT coalesce(max(position), 0) FROM events_event")
    row = await cursor.fetchone()
    assert row is not None  # noqa: S101  (an aggregate always gives a row)
    return int(row[0])


async def after(connected: AsyncConnection[Any], position: int, *, limit: int) -> list[Entry]:
    cursor = await connected.execute(AFTER, {"after": position, "limit": limit})
    return _entries(await cursor.fetchall())


async def after_for_one(
    connected: AsyncConnection[Any],
    position: int,
    *,
    until: int,
    limit: int,
    hearing: Hearing,
    types: Iterable[str] | None,
) -> list[Entry]:
    """Entries after `position` up to `until` that are heard; of some types, where these are given."""
    parameters = {
        "after": position,
        "until": until,
        "limit": limit,
        "own": hearing.own,
        "of_all": sorted(hearing.of_all or ()),
        "types": None if types is None else sorted(types),
    }
    cursor = await connected.execute(AFTER_FOR_ONE.format(heard=_heard(hearing)), parameters)
    return _entries(await cursor.fetchall())


def _heard(hearing: Hearing) -> str:
    """Spelled out case by case, so that a customer's own are found by their index."""
    if hearing.of_all is None:
        return "true"
    if not hearing.of_all:
        return OWN
    return f"({OWN} OR {OF_ALL})" if hearing.own else OF_ALL


def _entries(rows: Iterable[tuple[int, UUID, str, datetime, str, Any, UUID | None, str]]) -> list[Entry]:
    return [
        Entry(
            position=position,
            type=type_,
            customer_id=customer_id,
            message=dumps(
                event_json(id=id_, position=position, type=type_, time=time, subject=subject, data=data)
            ).decode(),
            traceparent=traceparent,
        )
        for position, id_, type_, time, subject, data, customer_id, traceparent in rows
    ]
