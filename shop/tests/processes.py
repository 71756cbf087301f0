"""The web and live processes for tests, each started as production does, and a database that lets them wait."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connection

from events.tests.conftest import wait_until
from local.ports import free_port, is_busy
from shop.processes import command

Serve = Callable[..., tuple[subprocess.Popen[bytes], int]]


@contextmanager
def serving(folder: Path) -> Iterator[Serve]:
    """Gives what starts one, on the test's database, and returns it and its port once it listens."""
    database = connection.settings_dict
    url = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
    with ExitStack() as stack:

        def start(name: str, **more: str) -> tuple[subprocess.Popen[bytes], int]:
            port = free_port()
            log = stack.enter_context((folder / f"{name}.log").open("wb"))
            process = subprocess.Popen(
                [sys.executable, *command(name, host="127.0.0.1", port=port, scratch=str(folder))],
                env=os.environ | {"SECURE_COOKIES": "false", "DATABASE_URL": url} | more,
                cwd=settings.BASE_DIR,
                stdout=log,
                stderr=log,
            )
            stack.callback(process.wait, 60)
            stack.callback(process.terminate)
            wait_until(lambda: is_busy(port) or process.poll() is not None)
            assert process.poll() is None, (folder / f"{name}.log").read_text()
            return process, port

        yield start


@contextmanager
def products_locked() -> Iterator[psycopg.Connection]:
    """While it is, whoever reads products waits inside PostgreSQL."""
    database = connection.settings_dict
    with psycopg.connect(
        host=database["HOST"], port=database["PORT"], dbname=database["NAME"], user=database["USER"]
    ) as other:
        other.execute("LOCK TABLE catalog_product IN ACCESS EXCLUSIVE MODE")
        yield other


def waiting_for_locks() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        row = cursor.fetchone()
    return int(row[0])
