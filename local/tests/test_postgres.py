from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import psycopg
import pytest

from local.children import Child, Children
from local.ports import free_port
from local.postgres import Postgres, account


@pytest.fixture
def postgres(state: Path) -> Postgres:
    return Postgres(state / "postgres", free_port())


def start(postgres: Postgres, children: Children) -> Child:
    postgres.prepare()
    child = postgres.child(os.environ)
    children.start(child)
    postgres.wait(children, child, time.sleep)
    return child


def pid(child: Child) -> int:
    assert child.process is not None
    return child.process.pid


def test_it_recovers_every_committed_row_after_a_kill(postgres: Postgres, children: Children) -> None:
    first = start(postgres, children)
    with psycopg.connect(postgres.url, autocommit=True) as db:
        db.execute("CREATE TABLE kept AS SELECT n FROM generate_series(1, 1000) AS n")
    os.kill(pid(first), signal.SIGKILL)
    children.kill()
    start(postgres, children)
    with psycopg.connect(postgres.url) as db:
        assert db.execute("SELECT count(*) FROM kept").fetchone() == (1000,)


def test_it_keeps_what_is_committed_through_a_power_cut(postgres: Postgres, children: Children) -> None:
    start(postgres, children)
    with psycopg.connect(postgres.url) as db:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            assert db.execute(f"SHOW {name}").fetchone() == ("on",)


def test_it_is_started_again_after_a_kill_with_its_rows(postgres: Postgres, children: Children) -> None:
    child = start(postgres, children)
    with psycopg.connect(postgres.url, autocommit=True) as db:
        db.execute("CREATE TABLE kept (n int)")
    killed = pid(child)
    os.kill(killed, signal.SIGKILL)
    until = time.monotonic() + 30
    while pid(child) == killed and time.monotonic() < until:
        children.revive(also=lambda _: None)
    postgres.wait(children, child, time.sleep)
    with psycopg.connect(postgres.url) as db:
        assert db.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_it_ends_a_server_that_outlived_its_launcher(postgres: Postgres, children: Children) -> None:
    orphan = start(postgres, children)
    Postgres(postgres.home, free_port()).prepare()
    assert orphan.process is not None
    assert orphan.process.wait(10) == 0


def test_it_removes_a_pid_file_that_names_a_stranger(postgres: Postgres, children: Children) -> None:
    """Numbers come back after a reboot: PostgreSQL itself would refuse to start."""
    postgres.prepare()
    (postgres.data / "postmaster.pid").write_text(f"{os.getpid()}\n")
    start(postgres, children)
    with psycopg.connect(postgres.url) as db:
        assert db.execute("SELECT 1").fetchone() == (1,)


def test_an_interrupted_initdb_is_never_taken_for_data(postgres: Postgres, children: Children) -> None:
    (postgres.home / "data.new").mkdir()
    (postgres.home / "data.new" / "PG_VERSION").write_text("18\n")
    start(postgres, children)
    assert not (postgres.home / "data.new").exists()


def test_it_works_below_a_folder_that_its_account_may_not_enter(state: Path, children: Children) -> None:
    closed = state / "closed"
    closed.mkdir(mode=0o700)
    postgres = Postgres(closed / "postgres", free_port())
    try:
        start(postgres, children)
        with psycopg.connect(postgres.url) as db:
            assert db.execute("SELECT 1").fetchone() == (1,)
        assert (closed in postgres.home.parents) == (account() is None)
    finally:
        children.stop(["postgres"])
        postgres.remove()
    assert not postgres.home.exists()
