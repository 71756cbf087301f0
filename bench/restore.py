#!/usr/bin/env python3
"""Loses the database while buyers order, and restores it from a base backup and the archive of its log.

Starts a PostgreSQL and a gunicorn of its own, as `bin/up` does. 0 when all that the archive had reached is there,
whole, and each lost order is made again under its key; 1 when not, 2 when it could not be run. See docs/backup.md.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / ".venv" / "bin" / "python"
if Path(sys.prefix) != ROOT / ".venv" and PYTHON.exists():
    os.execv(PYTHON, [str(PYTHON), *sys.argv])  # noqa: S606  (no shell is the point)
sys.path.insert(0, str(ROOT))

import argparse  # noqa: E402
import shutil  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from typing import TypeVar  # noqa: E402

import psycopg  # noqa: E402

from bench.crashing.buyers import Buyers  # noqa: E402
from bench.crashing.comparing import ORDERS, WHOLE  # noqa: E402
from bench.driving.own import OwnShop  # noqa: E402
from bench.ordering import filling  # noqa: E402
from bench.proving import afterwards  # noqa: E402
from bench.proving.report import Check, print_checks, table  # noqa: E402
from local.children import Child, Interrupted, end_group  # noqa: E402
from local.ports import free_port  # noqa: E402
from local.postgres import Postgres, run_as  # noqa: E402
from local.report import Trouble  # noqa: E402

PRODUCTS = 20
Result = TypeVar("Result")
CAUGHT_UP = """
SELECT count(*) > 0 FROM pg_stat_replication WHERE application_name = 'archive' AND flush_lsn >= %(at)s::pg_lsn
"""


class Drill:
    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self.options = options
        self.shop = OwnShop(folder)
        self.port = free_port()
        self.restored = Postgres(folder / "restored", self.port)
        self.seconds: dict[str, float] = {}

    def run(self) -> list[Check]:
        server = self._ordering_with_an_archive()
        with self.buyers:
            self._orders(self.options.orders)
            self._timed("base backup", self._base_backup)
            self._orders(self.options.orders)
            archived = self._archived_by_now()
            self._end_the_archive()  # what is committed from here on is in no backup
            self._orders(self.options.orders)
        answered = self._answered()
        end_group(server)
        self.shop.children.stop(["web", "postgres"])
        self._timed("restore", self._restore)
        return self._proofs(archived, answered)

    def _ordering_with_an_archive(self) -> int:
        server = self.shop.database()
        filling.make_products(PRODUCTS)
        self.wal = self.shop.postgres.home / "archive"
        self.wal.mkdir()
        if account := self.shop.postgres.account:
            os.chown(self.wal, account.pw_uid, account.pw_gid)
        receive = ["-D", str(self.wal), "--synchronous", "--no-loop", "-d", self._at("application_name=archive")]
        self.archive = Child(
            "archive",
            [str(self.shop.postgres.programs / "pg_receivewal"), *receive],
            os.environ,
            account=self.shop.postgres.account,
        )
        self.shop.children.start(self.archive)
        web = self.shop.web_child()
        self.shop.children.start(web)
        self.shop.wait_for_web(web)
        self.buyers = Buyers(self.shop.ports.api, self.options.buyers, PRODUCTS)
        return server

    def _at(self, more: str) -> str:
        return f"host=127.0.0.1 port={self.shop.ports.database} user=shop {more}"

    def _orders(self, count: int) -> None:
        """Until so many more have been answered."""
        end = self.buyers.answered + count
        while self.buyers.answered < end:
            self.shop.interruption.sleep(0.01)
            self.buyers.require()

    def _base_backup(self) -> None:
        shutil.rmtree(self.restored.data, ignore_errors=True)
        program = str(self.shop.postgres.programs / "pg_basebackup")
        options = ["-D", str(self.restored.data), "-X", "none", "--checkpoint=fast", "--no-sync", "-d", self._at("")]
        made = run_as(self.shop.postgres.account, [program, *options])
        if made.returncode:
            raise Trouble(f"pg_basebackup failed: {made.stderr.strip()}")

    def _archived_by_now(self) -> set[str]:
        """The orders that were answered by now, once the archive has all that was written by now."""
        answered = self._answered()
        with psycopg.connect(self.shop.postgres.url, autocommit=True) as db:
            at = (db.execute("SELECT pg_current_wal_flush_lsn()").fetchone() or [None])[0]
            while not (db.execute(CAUGHT_UP, {"at": at}).fetchone() or [False])[0]:
                self.shop.children.require(self.archive)
                self.shop.interruption.sleep(0.02)
        return answered

    def _end_the_archive(self) -> None:
        self.shop.children.stop(["archive"])

    def _answered(self) -> set[str]:
        return {one.answers[0]["id"] for one in list(self.buyers.intentions) if one.answers}

    def _restore(self) -> None:
        """The base backup, then the archive to its end; PostgreSQL then goes on as a server of its own."""
        for unfinished in self.wal.glob("*.partial"):
            unfinished.rename(unfinished.with_suffix(""))
        with (self.restored.data / "postgresql.auto.conf").open("a") as conf:
            conf.write(f"restore_command = 'cp {self.wal}/%f %p'\n")
        (self.restored.data / "recovery.signal").touch()
        self.restored.prepare()
        server = self.restored.child(os.environ)
        server.name = "restored"
        self.shop.children.start(server)
        self.restored.wait(self.shop.children, server, self.shop.interruption.sleep)
        with psycopg.connect(self.restored.url, autocommit=True) as db:
            while (db.execute("SELECT pg_is_in_recovery()").fetchone() or [True])[0]:
                self.shop.interruption.sleep(0.02)

    def _proofs(self, archived: set[str], answered: set[str]) -> list[Check]:
        have, broken = self._orders_there()
        self.lost = answered - have
        missing = sorted(archived - have)
        none_lost = [] if self.lost else ["no order was lost: the drill has not lost what it was to lose"]
        checks = [
            Check("orders that the archive had reached", str(len(archived)), str(len(archived & have)), missing),
            Check("restored orders with their parts, each once", str(len(have)), str(len(have) - len(broken)), broken),
            Check("orders after the archive's end are gone", "some", str(len(self.lost)), none_lost),
            afterwards.ledger(self.restored.url, "as restored"),
        ]
        return [*checks, *self._timed("keys sent again", self._again)]

    def _again(self) -> list[Check]:
        """Buyers who send their keys again to the restored shop get their order, or a new one for what was lost."""
        web = self.shop.web_child()
        web.environment = {**os.environ, "DATABASE_URL": self.restored.url}
        self.shop.children.start(web)
        self.shop.wait_for_web(web)
        self.buyers.ask_again()
        have, broken = self._orders_there()
        last = {one.answers[-1]["id"] for one in self.buyers.intentions if one.answers}
        wanted = len(self.buyers.intentions)
        other = [f"order {id}" for id in sorted(have ^ last)] + self.buyers.strange
        return [
            Check(
                "after that: one whole order for each key", str(wanted), str(len(have) - len(broken)), broken + other
            ),
            afterwards.ledger(self.restored.url, "after that"),
        ]

    def _orders_there(self) -> tuple[set[str], list[str]]:
        with psycopg.connect(self.restored.url) as db:
            cursor = db.execute(ORDERS)
            names = [column.name for column in cursor.description or []]
            rows = [dict(zip(names, row, strict=True)) for row in cursor]
        return {row["id"] for row in rows}, [str(row) for row in rows if {n: row[n] for n in WHOLE} != WHOLE]

    def _timed(self, what: str, work: Callable[[], Result]) -> Result:
        began = time.monotonic()
        result = work()
        self.seconds[what] = time.monotonic() - began
        return result

    def stop(self) -> None:
        self.shop.children.stop(["web", "archive", "restored", "postgres"])
        self.restored.remove()
        self.shop.stop()


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench/restore.py", description=__doc__)
    parser.add_argument(
        "--orders", type=int, default=500, metavar="N", help="before, during and after each (%(default)s)"
    )
    parser.add_argument("--buyers", type=int, default=4, metavar="N", help="who order at once (%(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        Path(folder).chmod(0o755)
        drill = Drill(Path(folder), options)
        try:
            checks = drill.run()
        except Trouble as trouble:
            print(f"\nThe drill cannot be run: {trouble}", file=sys.stderr)
            return 2
        except Interrupted:
            return 130
        finally:
            drill.stop()
    differences = print_checks(checks)
    rows = [["what", "s"], *([what, f"{seconds:.1f}"] for what, seconds in drill.seconds.items())]
    print(f"{table(rows)}\n\n{differences} differences. Lost: {len(drill.lost)} orders that no archive had reached.")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
