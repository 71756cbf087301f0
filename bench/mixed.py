#!/usr/bin/env python3
"""Browsing, own orders and placing at once, sent by the clock, at rates that rise until the shop cannot follow.

Starts a PostgreSQL and a gunicorn of its own, as `bin/up` does. 0 when every answer was the expected one and every
order is there, 1 when not, 2 when it could not be run. See bench/README.md.
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
from collections import Counter  # noqa: E402
from dataclasses import asdict, dataclass  # noqa: E402

import requests  # noqa: E402

from bench.driving.load import processor_time  # noqa: E402
from bench.driving.own import OwnShop  # noqa: E402
from bench.living.people import ISSUER, Issuer  # noqa: E402
from bench.mixing.asking import Asking, bare  # noqa: E402
from bench.mixing.client import Client, Told  # noqa: E402
from bench.proving import afterwards, envelope  # noqa: E402
from bench.proving.report import Check, Spread, print_checks, table  # noqa: E402
from local.children import Interrupted  # noqa: E402
from local.report import Trouble  # noqa: E402

CUSTOMERS, OF_EACH, PAGES = 100, 5, 100
LEAST = 5.0
STEP = 1.5
"""Between two rates on the way up; afterwards two more lie between the last that held and the first that did not."""
WELL = {
    "list": 200,
    "detail": 200,
    "filter": 200,
    "search": 200,
    "own orders": 200,
    "own order": 200,
    "place": 201,
    "bare": 200,
}


@dataclass(frozen=True)
class Row:
    """One rate. Shares are of one core; `holds`: the p99 was within the limit, and everything was answered."""

    what: str
    rate: float
    answered: float
    spread: Spread
    kinds: dict[str, Spread]
    web: float
    database: float
    client: float
    connections: int
    sent_late: float
    holds: bool


class Bench:
    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self.options = options
        self.shop = OwnShop(folder)
        self.report = self.shop.report
        self.rows: list[Row] = []
        self.statuses: Counter[tuple[str, int]] = Counter()
        self.checks: list[Check] = []

    def run(self) -> None:
        issuer = Issuer()
        os.environ.update({"COGNITO_ISSUER": ISSUER, "COGNITO_JWKS_URL": issuer.address})
        self.server = self.shop.database()
        log = afterwards.Log(self.shop.postgres_log)
        with self.report.step(f"{self.options.products:,} products, {CUSTOMERS} customers"):
            asking = _asking(issuer, self.options)
        with self.shop.web("bench.browsing.bare", workers=self.options.workers) as self.web:
            port = self.shop.ports.web
            asking.cursors = _cursors(self.shop.ports.api)
            self.client = Client("127.0.0.1", port, asking.choose, seed=self.options.seed)
            with self.report.step(f"{CUSTOMERS * OF_EACH} orders for them to look at"):
                self._their_orders(asking, port)
            self._rise()
            self._floors(port)
        self.checks += [self._answers(), self._orders(), log.check()]

    def _their_orders(self, asking: Asking, port: int) -> None:
        people = iter([person for person in asking.people for _ in range(OF_EACH)])
        told = Client("127.0.0.1", port, lambda: asking.place(next(people)), seed=1).run_count(CUSTOMERS * OF_EACH, 100)
        self.statuses += told.statuses
        asking.orders = _own_orders()

    def _rise(self) -> None:
        """Up until a rate does not hold (or down until one does), then twice into the middle."""
        rate, failed = float(self.options.rate), 0.0
        self._at(rate, "warm up")
        while rate >= LEAST and not self._at(rate).holds:
            failed, rate = rate, rate / 2
        held = rate
        while not failed and (rate := rate * STEP) <= self.options.most:
            held, failed = (rate, failed) if self._at(rate).holds else (held, rate)
        for _ in range(2):
            if held and failed:
                middle = (held + failed) / 2
                held, failed = (middle, failed) if self._at(middle).holds else (held, middle)

    def _floors(self, port: int) -> None:
        """The same client and bare WSGI under the same gunicorn: it must not be the client that cannot follow."""
        best = max((row.rate for row in self.rows if row.holds and row.what == "mixed"), default=self.options.rate)
        self.client = Client("127.0.0.1", port, bare("/bare/wsgi"), seed=self.options.seed)
        for times in (1, 2, 4):
            self._at(best * times, "bare WSGI")

    def _at(self, rate: float, what: str = "mixed") -> Row:
        self.shop.interruption.check()
        with self.report.step(f"{what}, {rate:.0f} a second"):
            web, database = processor_time(self.web), processor_time(self.server)
            told = self.client.run(rate, self.options.seconds)
            web, database = processor_time(self.web) - web, processor_time(self.server) - database
        self.statuses += told.statuses
        row = self._row(what, told, web, database)
        if what != "warm up":
            self.rows.append(row)
        return row

    def _row(self, what: str, told: Told, web: float, database: float) -> Row:
        spread = Spread.of(told.all())
        wrong = sum(count for (kind, status), count in told.statuses.items() if status != WELL[kind])
        holds = not told.gave_up and not wrong and (spread.p99 or 0) * 1000 <= self.options.limit
        return Row(
            what=what,
            rate=round(told.rate, 1),
            answered=round((told.sent - wrong) / told.seconds, 1),
            spread=spread,
            kinds={kind: Spread.of(latencies) for kind, latencies in told.latencies.items()},
            web=round(web / told.seconds, 2),
            database=round(database / told.seconds, 2),
            client=round(told.processor, 2),
            connections=told.connections,
            sent_late=told.sent_late,
            holds=holds,
        )

    def _answers(self) -> Check:
        """Nothing but the expected status, or no answer at all where the rate was more than could be served."""
        wrong = [
            f"{count} × {status} to {kind}"
            for (kind, status), count in self.statuses.items()
            if status not in (0, WELL[kind])
        ]
        good = sum(count for (kind, status), count in self.statuses.items() if status == WELL[kind])
        return Check(
            "answers of the expected status", str(self.statuses.total() - self._unanswered()), str(good), wrong
        )

    def _unanswered(self) -> int:
        return sum(count for (_, status), count in self.statuses.items() if status == 0)

    def _orders(self) -> Check:
        """Each order that was answered is there, and at most those besides whose answer was given up."""
        from orders.models import Order

        told, cut = self.statuses["place", 201], self.statuses["place", 0]
        there = Order.objects.count()
        wrong = [] if told <= there <= told + cut else [f"{told} answers of 201 and {cut} cut off, {there} orders"]
        return Check("orders in the table", f"{told} to {told + cut}", str(there), wrong)


def _asking(issuer: Issuer, options: argparse.Namespace) -> Asking:
    from bench.browsing.products import make
    from catalog.models import Product, Variant

    make(options.products)
    return Asking(
        issuer.people(CUSTOMERS),
        [str(id) for id in Product.objects.filter(status="active").values_list("id", flat=True)[:2000]],
        list(Variant.objects.filter(stock__gte=100, product__status="active").values_list("sku", flat=True)[:2000]),
        seed=options.seed,
    )


def _cursors(api: str) -> list[str]:
    """Of the first pages of the list, up to a hundred, as a client follows them."""
    path, cursors = "/products", list[str]()
    while path and len(cursors) < PAGES:
        path = requests.get(api + path, timeout=30).json()["next"]
        cursors += [path.rpartition("cursor=")[2]] if path else []
        path = path and f"/products?cursor={cursors[-1]}"
    return cursors


def _own_orders() -> dict[str, list[str]]:
    from orders.models import Order

    found: dict[str, list[str]] = {}
    for customer, order in Order.objects.values_list("customer_id", "id"):
        found.setdefault(str(customer), []).append(str(order))
    return found


def _table(rows: list[Row]) -> str:
    head = [
        "",
        "asked/s",
        "answered/s",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "p99.9 ms",
        "max ms",
        "web",
        "database",
        "client",
    ]
    lines = [[*head, "connections", "holds"]]
    for row in rows:
        spread = row.spread
        times = [f"{1000 * (one or 0):.1f}" for one in (spread.p50, spread.p95, spread.p99, spread.p999, spread.max)]
        shares = [f"{share:.0%}" for share in (row.web, row.database, row.client)]
        said = "yes" if row.holds else "no"
        lines.append([row.what, f"{row.rate:.0f}", f"{row.answered:.0f}", *times, *shares, str(row.connections), said])
    return table(lines)


def _kinds(rows: list[Row]) -> str:
    """Of the highest rate that held."""
    held = [row for row in rows if row.holds and row.what == "mixed"]
    if not held:
        return "No rate held."
    best = max(held, key=lambda row: row.rate)
    lines = [[f"at {best.rate:.0f} a second", "count", "p50 ms", "p95 ms", "p99 ms", "p99.9 ms"]]
    for kind, one in sorted(best.kinds.items()):
        lines.append(
            [kind, str(one.count), *(f"{1000 * (time or 0):.1f}" for time in (one.p50, one.p95, one.p99, one.p999))]
        )
    return table(lines)


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench/mixed.py", description=__doc__)
    parser.add_argument("--rate", type=float, default=100, metavar="N", help="requests a second at first (%(default)s)")
    parser.add_argument("--most", type=float, default=4000, metavar="N", help="at most (%(default)s)")
    parser.add_argument(
        "--limit", type=float, default=250, metavar="MS", help="p99 within which a rate holds (%(default)s)"
    )
    parser.add_argument("--seconds", type=float, default=6, metavar="S", help="for each rate (%(default)s)")
    parser.add_argument("--products", type=int, default=10_000, metavar="N", help="in the catalog (%(default)s)")
    parser.add_argument("--workers", type=int, default=0, metavar="N", help="processes of gunicorn (bin/up's two)")
    parser.add_argument("--seed", type=int, default=8, metavar="N", help="of moments and choices (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    options = parser.parse_args()
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
    print(f"\n{_table(bench.rows)}\n\n{_kinds(bench.rows)}")
    if options.json:
        rows = [asdict(row) for row in bench.rows]
        envelope.write(options.json, "mixed", rows=rows, checks=bench.checks, seed=options.seed, limit_ms=options.limit)
    return 1 if print_checks(bench.checks) else 0


if __name__ == "__main__":
    sys.exit(main())
