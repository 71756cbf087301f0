#!/usr/bin/env python3
"""Issues invoices and credit notes in many processes at once, with random rollbacks, and kills them (-9) meanwhile.

Starts a PostgreSQL of its own. 0 when each series is without gap or repeat and an UPDATE is refused, 1 when not, 2 when
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
import random  # noqa: E402
import subprocess  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from collections.abc import Sequence  # noqa: E402
from decimal import Decimal  # noqa: E402
from typing import Any  # noqa: E402

import psycopg  # noqa: E402
from psycopg import Connection  # noqa: E402

from bench.driving.own import OwnShop  # noqa: E402
from bench.proving.report import Check, Progress, print_checks  # noqa: E402
from local.children import Interrupted  # noqa: E402
from local.report import Trouble  # noqa: E402

SERIES = """
SELECT s.series || '-' || s.year, s.last, count(i.id), count(DISTINCT i.sequence), max(i.sequence)
FROM invoices_numberseries s LEFT JOIN invoices_invoice i USING (series, year) GROUP BY s.id ORDER BY 1
"""
CREDITED = """
SELECT i.number FROM invoices_invoice i JOIN invoices_invoice n ON n.corrects_id = i.id
GROUP BY i.id HAVING sum((n.totals ->> 'total')::numeric) > (i.totals ->> 'total')::numeric
"""
ADDRESS = {"name": "Bench", "line1": "1 Bench Street", "city": "Hamburg", "postal_code": "20457", "country": "DE"}


class Numbers:
    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self.options = options
        self.shop = OwnShop(folder)
        self.chance = random.Random(options.seed)
        self.kills = 0

    def run(self) -> list[Check]:
        self.shop.database()
        self._place()
        issuers = [self._start() for _ in range(self.options.at_once)]
        progress = Progress("kills", self.options.kills)
        with psycopg.connect(self.shop.postgres.url, autocommit=True) as db:
            while self.kills < self.options.kills and self._work_on(db, issuers):
                victim = self.chance.randrange(len(issuers))
                issuers[victim].kill()
                issuers[victim].wait()
                issuers[victim] = self._start()
                self.kills += 1
                progress.step()
        for issuer in issuers:
            issuer.wait()
        return self._checks()

    def _place(self) -> None:
        """Confirmed orders, every other one refunded in two parts."""
        from accounts.models import User
        from catalog.products.services import VariantFacts, create_product
        from orders.fulfilment.services import confirm_order
        from orders.placing.services import place_order
        from orders.refunds.services import refund_order

        staff = User.objects.create_user("bench@example.com", is_staff=True)
        for sku, rate in (("MUG", 19), ("BOOK", 7)):
            variant = VariantFacts(sku=sku, price=Decimal("12.90"), stock=10**6)
            create_product(code=sku, name=sku, variants=[variant], tax_rate=Decimal(rate), by="bench")
        progress = Progress("orders", self.options.orders)
        for number in range(self.options.orders):
            order = place_order(
                by=None,
                email=f"buyer-{number}@example.com",
                items=[("MUG", 1 + number % 3), ("BOOK", 1)],
                payment_method="cash",
                shipping_method="economic",
                shipping_address=ADDRESS,
            )
            confirm_order(order_id=order.id, by=staff)
            if number % 2:
                refund_order(order_id=order.id, by=staff, reason="bench", amount=Decimal("3.33"))
                refund_order(order_id=order.id, by=staff, reason="bench")
            progress.step()

    def _work_on(self, db: Connection[Any], issuers: Sequence[subprocess.Popen[bytes]]) -> bool:
        """Until something has been issued since the last kill, and then for a random while; False once all is."""
        before = _issued(db)
        while _issued(db) == before:
            self.shop.interruption.sleep(0.01)
            if all(issuer.poll() is not None for issuer in issuers):
                return False
        self.shop.interruption.sleep(self.chance.uniform(0, self.options.pause))
        return True

    def _start(self) -> subprocess.Popen[bytes]:
        seed = str(self.chance.randrange(10**9))
        return subprocess.Popen([sys.executable, "-m", "bench.numbering.issuer", seed], cwd=ROOT, env=os.environ)

    def _checks(self) -> list[Check]:
        orders = self.options.orders
        due = {"CN": orders // 2 * 2, "INV": orders}
        with psycopg.connect(self.shop.postgres.url) as db:
            series = db.execute(SERIES).fetchall()
            over = [number for (number,) in db.execute(CREDITED).fetchall()]
        found = {name: count for name, _, count, _, _ in series}
        gaps = [
            f"{name}: {count} documents with {distinct} numbers up to {highest}, last given {last}"
            for name, last, count, distinct, highest in series
            if not last == count == distinct == highest
        ]
        missing = [
            f"{name}: {found.get(name, 0)} of {due[name.partition('-')[0]]}"
            for name in found
            if found[name] != due[name.partition("-")[0]]
        ]
        given = ", ".join(f"{name} 1 to {last}" for name, last, *_ in series)
        return [
            Check("documents", str(sum(due.values())), str(sum(found.values())), missing),
            Check("numbers, no gap and no repeat", given, given, gaps),
            Check("invoices credited too much", "0", str(len(over)), over),
            Check("UPDATE and DELETE by SQL", "refused", "refused", self._allowed()),
        ]

    def _allowed(self) -> list[str]:
        """What the database's own superuser may do with an issued document: nothing."""
        allowed = []
        with psycopg.connect(self.shop.postgres.url, autocommit=True) as db:
            for statement in ("UPDATE invoices_invoice SET currency = 'USD'", "DELETE FROM invoices_invoice"):
                try:
                    db.execute(statement)
                    allowed.append(statement)
                except psycopg.errors.RestrictViolation:
                    continue
        return allowed


def _issued(db: Connection[Any]) -> int:
    row = db.execute("SELECT count(*) FROM invoices_invoice").fetchone()
    return int(row[0]) if row else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench/gapless.py", description=__doc__)
    parser.add_argument("--orders", type=int, default=400, metavar="N", help="(%(default)s)")
    parser.add_argument("--at-once", type=int, default=8, metavar="N", help="processes that issue (%(default)s)")
    parser.add_argument("--kills", type=int, default=60, metavar="N", help="at most (%(default)s)")
    parser.add_argument("--pause", type=float, default=0.2, metavar="S", help="between two, at most (%(default)s)")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), metavar="N", help="(random)")
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        numbers = Numbers(Path(folder), options)
        try:
            checks = numbers.run()
        except Trouble as trouble:
            print(f"\nThe bench cannot be run: {trouble}", file=sys.stderr)
            return 2
        except Interrupted:
            return 130
        finally:
            numbers.shop.stop()
    differences = print_checks(checks)
    print(f"{numbers.kills} kills -9, {options.at_once} processes at once, a quarter of all transactions rolled back.")
    print(f"{differences} differences in {time.monotonic() - began:.0f} s. Seed {options.seed}.")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
