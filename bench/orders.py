#!/usr/bin/env python3
"""How many orders a second the shop takes over HTTP, beside pgbench sending the same statements to the same PostgreSQL.

Starts a PostgreSQL and a gunicorn of its own, as `bin/up` does. 0 when every order is in the tables as it was answered,
1 when not, 2 when it could not be run. See bench/README.md.
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
from dataclasses import asdict, dataclass  # noqa: E402

from bench.driving.load import Result  # noqa: E402
from bench.driving.own import OwnShop  # noqa: E402
from bench.ordering import captured, filling, plain  # noqa: E402
from bench.ordering.captured import Statement  # noqa: E402
from bench.ordering.pgbench import Pgbench  # noqa: E402
from bench.ordering.posting import Posting  # noqa: E402
from bench.proving import afterwards, envelope  # noqa: E402
from bench.proving.report import Check, print_checks, table  # noqa: E402
from local.children import Interrupted  # noqa: E402
from local.report import Trouble  # noqa: E402

BASKETS = {"distinct products": False, "the same two": True}


@dataclass(frozen=True)
class Row:
    """`shop` is None where pgbench runs a script that is not the shop's."""

    orders: int
    what: str
    buyers: int
    shop: Result | None
    pgbench: Result


class Bench:
    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self.options = options
        self.shop = OwnShop(folder)
        self.report = self.shop.report
        self.rows: list[Row] = []
        self.plain: list[Row] = []
        self.checks: list[Check] = []
        self.statements: list[Statement] = []
        self.script = ""

    def run(self) -> None:
        server, products = self.shop.database(), self.options.products
        log = afterwards.Log(self.shop.postgres_log)
        with self.report.step(f"{products:,} products"):
            filling.make_products(products)
        with self.shop.web() as web:
            pgbench = Pgbench(self.shop.postgres, server, seconds=self.options.seconds)
            posting = Posting(self.shop, web=web, server=server, products=products, seconds=self.options.seconds)
            with self.report.step("Warm up, and the statements of one order"):
                self.checks.append(posting.run("warm", buyers=16, hot=False)[1])
                self.statements, order, sample = posting.sample()
            self._plain(pgbench)
            there = 0
            for size in self.options.orders:
                with self.report.step(f"{size:,} orders in the table"):
                    filling.make_orders(size - there, like=order, products=products, database=self.shop.postgres.url)
                there = size
                with self.report.step("Warm up again"):  # the first case would be the slowest: see bench/README.md
                    self.checks.append(posting.run(f"{size}-warm", buyers=16, hot=False)[1])
                for what, hot in BASKETS.items():
                    self.script = captured.script(self.statements, sample, products=products, hot=hot)
                    for buyers in self.options.buyers:
                        self._row((size, what, buyers), posting, pgbench)
                self.checks.append(afterwards.ledger(self.shop.postgres.url, f"{size:,} orders"))
        self.checks.append(log.check())

    def _plain(self, pgbench: Pgbench) -> None:
        for what, script in plain.scripts(self.options.products).items():
            for buyers in self.options.buyers:
                with self.report.step(f"pgbench, {buyers} clients: {what}"):
                    self.plain.append(Row(0, what, buyers, None, pgbench.run(script, clients=buyers)))

    def _row(self, row: tuple[int, str, int], posting: Posting, pgbench: Pgbench) -> None:
        """The shop, then pgbench, right after each other: whatever else the machine does is beside both."""
        size, what, buyers = row
        with self.report.step(f"{size:,}: {what}, {buyers} buyers"):
            case = f"{size}-{'hot' if BASKETS[what] else 'any'}-{buyers}"
            shop, check = posting.run(case, buyers=buyers, hot=BASKETS[what])
            self.checks.append(check)
            self.rows.append(Row(size, what, buyers, shop, pgbench.run(self.script, clients=buyers)))


def _table(rows: list[Row]) -> str:
    times = ["p50 ms", "p95 ms", "p99 ms"]
    head = ["in the table", "two lines of", "buyers", "orders/s", *times, "µs in web", "in database"]
    lines = [[*head, "pgbench/s", *times, "µs in database", "shop / pgbench"]]
    for row in rows:
        cells = [f"{row.orders:,}", row.what, str(row.buyers)]
        if row.shop:
            cells += [*_cells(row.shop), f"{row.shop.web:.0f}", f"{row.shop.database:.0f}"]
        share = f"{row.shop.per_second / row.pgbench.per_second:.2f}" if row.shop else ""
        lines.append([*cells, *_cells(row.pgbench), f"{row.pgbench.database:.0f}", share])
    return table(lines)


def _plain_table(rows: list[Row]) -> str:
    lines = [["pgbench alone", "clients", "per second", "p50 ms", "p95 ms", "p99 ms", "µs in database"]]
    lines += [[row.what, str(row.buyers), *_cells(row.pgbench), f"{row.pgbench.database:.0f}"] for row in rows]
    return table(lines)


def _cells(result: Result) -> list[str]:
    return [f"{result.per_second:.0f}", *(f"{time:.1f}" for time in (result.p50, result.p95, result.p99))]


def _growth(rows: list[Row]) -> str:
    """Orders a second at the largest size over those at the smallest."""
    sizes = [min(row.orders for row in rows), max(row.orders for row in rows)]
    lines = [["orders/s", *(f"with {size:,}" for size in sizes), "times"]]
    for few in (row for row in rows if row.orders == sizes[0]):
        many = next(row for row in rows if (row.orders, row.what, row.buyers) == (sizes[1], few.what, few.buyers))
        if few.shop and many.shop:
            rates = [few.shop.per_second, many.shop.per_second]
            name = f"{few.what}, {few.buyers} buyers"
            lines.append([name, *(f"{rate:.0f}" for rate in rates), f"{rates[1] / rates[0]:.2f}"])
    return table(lines)


def _listed(statements: list[Statement]) -> str:
    rows = [["", "statement", "sent as"]]
    for number, one in enumerate(statements, 1):
        short = " ".join(one.sql.split())
        rows.append(
            [str(number), short[:100] + ("…" if len(short) > 100 else ""), "prepared" if one.parameters else "text"]
        )
    return table(rows)


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench/orders.py", description=__doc__)
    parser.add_argument(
        "--orders", type=int, nargs="+", default=(0, 1_000_000), metavar="N", help="in the table (%(default)s)"
    )
    parser.add_argument("--buyers", type=int, nargs="+", default=(1, 8, 64), metavar="N", help="at once (%(default)s)")
    parser.add_argument("--products", type=int, default=5_000, metavar="N", help="1,000 or more (%(default)s)")
    parser.add_argument("--seconds", type=float, default=10, metavar="S", help="for each case (%(default)s)")
    parser.add_argument("--statements", action="store_true", help="print pgbench's script of an order, too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    options = parser.parse_args()
    busy = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        bench = Bench(Path(folder), options)
        try:
            bench.run()
        except Trouble as trouble:
            print(f"\nThe bench cannot be run: {trouble}", file=sys.stderr)
            return 2
        except Interrupted:
            return 130
        finally:
            bench.shop.stop()
    print(f"\n{_listed(bench.statements)}\n\n{_plain_table(bench.plain)}\n\n{_table(bench.rows)}")
    if len(options.orders) > 1:
        print(f"\n{_growth(bench.rows)}")
    print(
        f"\nLoad average when it began: {busy:.1f} on {os.cpu_count()} processors. Above 0.5, others disturb the times."
    )
    if options.statements:
        print(f"\n{bench.script}")
    if options.json:
        figures = [asdict(row) for row in [*bench.plain, *bench.rows]]
        envelope.write(options.json, "orders", rows=figures, checks=bench.checks)
    return 1 if print_checks(bench.checks) else 0


if __name__ == "__main__":
    sys.exit(main())
