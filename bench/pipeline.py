#!/usr/bin/env python3
"""From confirmed orders that wait in the queues to the last mail and PDF: how many a second, and what they cost.

Starts a whole shop of its own, the worker last. 0 when each order has its mails and its PDF once, 1 when not, 2 when
it could not be run. See bench/README.md.
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
import tempfile  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from concurrent.futures import ThreadPoolExecutor  # noqa: E402
from dataclasses import asdict, dataclass  # noqa: E402
from datetime import datetime  # noqa: E402
from typing import TYPE_CHECKING  # noqa: E402

import django  # noqa: E402

from bench.driving.client import GaveUp  # noqa: E402
from bench.driving.load import processor_time  # noqa: E402
from bench.driving.whole import WholeShop  # noqa: E402
from bench.proving import envelope, mailbox  # noqa: E402
from bench.proving.aws import Aws  # noqa: E402
from bench.proving.comparing import leftovers  # noqa: E402
from bench.proving.records import INVOICES, MAILS, Records  # noqa: E402
from bench.proving.report import Check, print_checks, table  # noqa: E402
from bench.races.start import CREATED, Start  # noqa: E402
from local.children import Interrupted  # noqa: E402
from local.report import Trouble  # noqa: E402

if TYPE_CHECKING:
    from bench.following.floors import Floor

AT_FIRST = ("web", "relay")
LOOKED_AT = ("worker", "postgres", "emulator", "relay")
MAILS_OF_AN_ORDER = 2  # received and confirmed
UNPUBLISHED = "SELECT count(*) FROM events_event WHERE published_at IS NULL"
HELD = """
SELECT pg_database_size(current_database()) AS stored, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint AS logged,
    (SELECT count(*) FROM events_event) AS events
"""
LAST = """
SELECT greatest((SELECT max(sent_at) FROM notifications_mail), (SELECT max(stored_at) FROM invoices_invoice)) AS at
"""


@dataclass(frozen=True)
class Run:
    """`seconds` from the worker's being ready to the last mail and PDF; `processor` by process, in seconds."""

    orders: int
    seconds: float
    processor: dict[str, float]
    kib_stored: float
    """Of an order, from its being placed on: what the database has grown by."""
    kib_logged: float
    """Of an order: write-ahead log."""
    events: float
    """Of an order."""

    @property
    def per_second(self) -> float:
        return self.orders / self.seconds

    @property
    def per_core(self) -> float:
        """Orders for a second of the worker's processor time: what a core does where all else is elsewhere."""
        return self.orders / self.processor["worker"]


class Bench:
    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self.options = options
        self.shop = WholeShop(folder, at_first=AT_FIRST)
        self.orders: list[str] = []
        self.floors: list[Floor] = []
        self.checks: list[Check] = []

    def run(self) -> None:
        """Raises Trouble, GaveUp."""
        self.shop.open()
        self.system = self.shop.system()
        self.start = Start(self.system)
        self.domain = f"{self.start.run.lower()}.example.com"
        self.records = Records(self.system.database, self.start.run, self.domain)
        self.aws = Aws(self.system.aws, self.system.queues, self.system.bucket)
        with self.shop.report.step(f"{self.options.orders} orders placed and confirmed, their events in the queues"):
            self._fill()
        self.result = self._follow()
        self._prove()
        self.shop.children.stop(["worker", "web", "relay"], within=30.0)
        self._measure_floors()

    def _fill(self) -> None:
        sku = self.start.product("PIPE", 1_000_000)
        other = self.start.product("LINE", 1_000_000)

        def one(number: int) -> str:
            reply = self.start.order({sku: 1, other: 2}, f"buyer-{number}")
            if reply.status != CREATED:
                raise GaveUp(f"order {number} was answered {reply.words}")
            id = str(reply.body["id"])
            answer = self.start.staff.send("POST", f"/orders/{id}/confirm", key=f"{self.start.run}-{number}")
            if answer.status != 200:
                raise GaveUp(f"the confirmation of order {number} was answered {answer.status} {answer.code}")
            return id

        self.held = self.records.ask(HELD)[0]
        with ThreadPoolExecutor(8) as pool:
            self.orders = list(pool.map(one, range(self.options.orders)))
        self._wait("events left to publish", lambda: int(self.records.ask(UNPUBLISHED)[0]["count"]))

    def _follow(self) -> Run:
        with self.shop.report.step("The worker starts"):
            self.shop.add("worker")
        began = datetime.now().astimezone()
        before = {name: processor_time(self.shop.pid(name)) for name in LOOKED_AT}
        with self.shop.report.step("Until the last PDF is stored and the last mail is sent"):
            self._wait("left to follow", lambda: sum(self.records.unsettled().values()))
        used = {name: processor_time(self.shop.pid(name)) - before[name] for name in LOOKED_AT}
        last = self.records.ask(LAST)[0]["at"]
        held, count = self.records.ask(HELD)[0], len(self.orders)
        return Run(
            orders=count,
            seconds=(last - began).total_seconds(),
            processor={name: round(one, 2) for name, one in used.items()},
            kib_stored=round((held["stored"] - self.held["stored"]) / 1024 / count, 1),
            kib_logged=round((held["logged"] - self.held["logged"]) / 1024 / count, 1),
            events=round((held["events"] - self.held["events"]) / count, 1),
        )

    def _wait(self, what: str, left: Callable[[], int]) -> None:
        """What stands still for `--settle` seconds is stuck."""
        least, until = sys.maxsize, time.monotonic() + self.options.settle
        while (now := left()) > 0:
            if now < least:
                least, until = now, time.monotonic() + self.options.settle
            if time.monotonic() > until:
                raise GaveUp(f"{now} {what}, and nothing moves")
            self.shop.interruption.sleep(0.2)

    def _prove(self) -> None:
        mails, invoices = self.records.ask(MAILS), self.records.ask(INVOICES)
        want = MAILS_OF_AN_ORDER * len(self.orders)
        wrong = [] if len(mails) == want else [f"{len(mails)} mails of {want}"]
        found = mailbox.delivered(self.system.state / "mails", self.domain)
        numbers = sorted(invoice["sequence"] for invoice in invoices)
        gaps = [] if numbers == list(range(1, len(self.orders) + 1)) else [f"numbers {numbers[:5]} … of {len(numbers)}"]
        self.checks += [
            Check("mails in the database", str(want), str(len(mails)), wrong),
            mailbox.check(mails, found, doubles_allowed=False),
            Check("invoices, numbered without a gap", str(len(self.orders)), str(len(invoices)), gaps),
            self.aws.pdfs(invoices),
            leftovers("dead letters", {}, self.aws.dead()),
        ]

    def _measure_floors(self) -> None:
        os.environ.update(self.shop.services.environment)
        django.setup()
        from bench.following import floors

        with self.shop.report.step("The floors: messages, rows, documents, each alone"):
            self.floors += floors.messages(self.system, self.options.messages)
            self.floors.append(floors.rows(self.system, self.orders))
            self.floors += floors.documents(self.options.documents)


def _tables(bench: Bench) -> str:
    run = bench.result
    rows = [
        ["orders to mails and PDFs", "orders", "seconds", "orders/s", "orders for a second of the worker's processor"]
    ]
    rows.append(["", str(run.orders), f"{run.seconds:.1f}", f"{run.per_second:.1f}", f"{run.per_core:.1f}"])
    costs = [["processor time", "ms an order", "share of one core"]]
    costs += [
        [name, f"{used / run.orders * 1000:.1f}", f"{used / run.seconds:.0%}"] for name, used in run.processor.items()
    ]
    lines = [["floor", "count", "per second", "ms of processor for one"]]
    lines += [
        [one.what, str(one.count), f"{one.per_second:.1f}", "" if one.processor is None else f"{one.processor:.1f}"]
        for one in bench.floors
    ]
    sizes = [["of an order", "KiB, or how many"], ["the database has grown by", f"{run.kib_stored:.1f}"]]
    sizes += [["write-ahead log", f"{run.kib_logged:.1f}"], ["events", f"{run.events:.1f}"]]
    return "\n\n".join(table(each) for each in (rows, costs, sizes, lines))


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench/pipeline.py", description=__doc__)
    parser.add_argument("--orders", type=int, default=200, metavar="N", help="that wait in the queues (%(default)s)")
    parser.add_argument("--documents", type=int, default=20, metavar="N", help="rendered alone (%(default)s)")
    parser.add_argument("--messages", type=int, default=500, metavar="N", help="sent and received alone (%(default)s)")
    parser.add_argument("--settle", type=float, default=120, metavar="S", help="standing still so long is stuck")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        Path(folder).chmod(0o755)  # as root, PostgreSQL runs as somebody else and must reach its data
        bench = Bench(Path(folder), options)
        try:
            bench.run()
        except (Trouble, GaveUp) as trouble:
            print(f"\nThe bench cannot be run: {trouble}", file=sys.stderr)
            return 2
        except Interrupted:
            return 130
        finally:
            bench.shop.stop()
    print(f"\n{_tables(bench)}")
    if options.json:
        run = bench.result
        rows = [asdict(run) | {"per_second": run.per_second, "per_core": run.per_core}, *map(asdict, bench.floors)]
        envelope.write(options.json, "pipeline", rows=rows, checks=bench.checks)
    return 1 if print_checks(bench.checks) else 0


if __name__ == "__main__":
    sys.exit(main())
