#!/usr/bin/env python3
"""An import of 10,000 rows into the running shop: how long, how much memory, what a second run and a kill -9 change.

0 when all ends as it must, 1 when not, 2 when it could not be run. See bench/README.md.
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
import csv  # noqa: E402
import hashlib  # noqa: E402
import io  # noqa: E402
import random  # noqa: E402
import time  # noqa: E402
from dataclasses import dataclass, field  # noqa: E402
from typing import Any  # noqa: E402

import psycopg  # noqa: E402
import requests  # noqa: E402

from bench.browsing.products import ADJECTIVES, COLOURS, MATERIALS, NOUNS, WORDS  # noqa: E402
from bench.driving.client import Client, Faults, GaveUp  # noqa: E402
from bench.driving.killing import family  # noqa: E402
from bench.proving.report import Check, print_checks, table  # noqa: E402
from bench.replaying.chaos import Chaos  # noqa: E402
from bench.replaying.run import new_run_id  # noqa: E402
from local.running import System, system  # noqa: E402

HEADER = ("code", "sku", "name", "price", "currency", "stock", "tax_rate", "description", "status")
ATTRIBUTES = ("attr.colour", "attr.size")
LOOK = 0.25  # seconds between two looks at the progress and the memory
PATIENCE = 900.0
BAD_EVERY = 100
KILL_AT = 0.4  # of the rows

# What an import leaves of its own, each by the codes' prefix.
TRACES = """
SELECT (SELECT count(*) FROM catalog_product WHERE code LIKE %(like)s),
    (SELECT COALESCE(sum(version), 0) FROM catalog_product WHERE code LIKE %(like)s),
    (SELECT count(*) FROM catalog_variant WHERE sku LIKE %(like)s),
    (SELECT count(*) FROM catalog_stockmovement m JOIN catalog_variant v ON v.id = m.variant_id
        WHERE v.sku LIKE %(like)s),
    (SELECT count(*) FROM catalog_change c JOIN catalog_product p ON p.id = c.subject_id WHERE p.code LIKE %(like)s),
    (SELECT count(*) FROM events_event WHERE data ->> 'code' LIKE %(like)s)
"""
TRACED = ("products", "their versions", "variants", "ledger lines", "audit lines", "product events")


def make_file(rows: int, prefix: str) -> bytes:
    """The same file each time but for the prefix of its codes.

    Nine rows in ten are a product, the tenth is a second variant of the ninth. Each has a name, a price of 1 to 500, a
    stock below 100, 30 words of description and two attributes. Every hundredth row is wrong: its price is -1.
    """
    choose = random.Random(20260101)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*HEADER, *ATTRIBUTES])
    product: list[Any] = []
    for number in range(rows):
        second = number % 10 == 9
        if not second:
            words = [choose.choice(ADJECTIVES), choose.choice(MATERIALS), choose.choice(NOUNS), str(number)]
            product = [f"{prefix}-{number:06}", " ".join(words).capitalize(), " ".join(choose.choices(WORDS, k=30))]
        price = "-1" if number % BAD_EVERY == BAD_EVERY // 2 else f"{choose.randint(100, 50_000) / 100:.2f}"
        code, name, description = product
        facts = [price, "EUR", choose.randint(0, 99), "19.00", description, "active"]
        sku = f"{prefix}-{number:06}"
        writer.writerow([code, sku, name, *facts, choose.choice(COLOURS), choose.choice("SML")])
    return text.getvalue().encode()


@dataclass
class Watched:
    """An import from its POST to its end. `memory` is in MiB: what the worker's fattest process had, at each look."""

    job: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    progress: list[int] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    killed_at: int | None = None

    def counts(self) -> str:
        return ", ".join(f"{self.job[name]} {name}" for name in ("created", "updated", "unchanged", "rejected_count"))


class Bench:
    def __init__(self, shop: System) -> None:
        self.shop = shop
        self.staff = Client(shop.api, Faults(), (shop.staff.email, shop.staff.password))
        self.chaos = Chaos(shop.state / "run", every=0)

    def take_over(self, content: bytes, *, kill: bool = False) -> Watched:
        watched = Watched()
        began = time.monotonic()
        answer = requests.post(
            f"{self.shop.api}/products/import",
            files={"file": ("bench.csv", content, "text/csv")},
            headers={"Authorization": f"Bearer {self.staff.token()}"},
            timeout=60,
        )
        if answer.status_code != 202:
            raise GaveUp(f"POST /products/import was answered {answer.status_code} {answer.text[:300]}")
        address = answer.headers["Location"]
        while not watched.job or watched.job["status"] in ("queued", "running"):
            if time.monotonic() - began > PATIENCE:
                raise GaveUp(f"the import stands still: {watched.job}")
            time.sleep(LOOK)
            watched.job = self.staff.send("GET", address).body
            watched.memory.append(self._memory())
            if not watched.progress or watched.progress[-1] != watched.job["done"]:
                watched.progress.append(watched.job["done"])
            if kill and watched.killed_at is None and watched.job["done"] > KILL_AT * watched.job["rows"] > 0:
                watched.killed_at = watched.job["done"]
                self.chaos.kill("worker")
        watched.seconds = time.monotonic() - began
        return watched

    def memory_before(self) -> float:
        return self._memory()

    def _memory(self) -> float:
        leader = self.chaos._pid("worker")
        return max((_rss(pid) for pid in family(leader)), default=0.0) if leader else 0.0

    def traces(self, prefix: str) -> list[int]:
        with psycopg.connect(self.shop.database) as connection:
            row = connection.execute(TRACES, {"like": f"{prefix}-%"}).fetchone()
        return [int(value) for value in row or ()]

    def end(self, prefix: str) -> tuple[int, str]:
        """The rows of this run in an export, and a hash of them without the prefix."""
        answer = requests.get(
            f"{self.shop.api}/products/export",
            headers={"Authorization": f"Bearer {self.staff.token()}"},
            stream=True,
            timeout=60,
        )
        lines = (line.decode() for line in answer.iter_lines())
        rows = [
            [row[name].replace(prefix, "") for name in (*HEADER, *ATTRIBUTES)]
            for row in csv.DictReader(lines)
            if row["code"].startswith(f"{prefix}-")
        ]
        return len(rows), hashlib.sha256(repr(rows).encode()).hexdigest()[:16]


def _rss(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS")), 0.0)


def compare(name: str, want: object, have: object) -> Check:
    return Check(name, str(want), str(have), [] if want == have else [f"{have} instead of {want}"])


def measure(bench: Bench, rows: int, *, kill: bool) -> tuple[list[Check], list[list[str]]]:
    prefix = new_run_id()
    content = make_file(rows, prefix)
    bad = sum(number % BAD_EVERY == BAD_EVERY // 2 for number in range(rows))
    report = [["import", "seconds", "rows/s", "progress seen", "worker's MiB before, at most", "outcome"]]

    def row(name: str, before: float, watched: Watched) -> None:
        steps = [str(one) for one in watched.progress]
        seen = " ".join(steps if len(steps) < 8 else [*steps[:4], "…", *steps[-2:]])
        per_second = f"{rows / watched.seconds:.0f}"
        memory = f"{before:.0f}, {max(watched.memory):.0f}"
        report.append([name, f"{watched.seconds:.1f}", per_second, f"{len(steps)}: {seen}", memory, watched.counts()])

    before = bench.memory_before()
    first = bench.take_over(content)
    row(f"{rows} rows, {len(content) / 1024**2:.1f} MiB", before, first)
    after_first, end = bench.traces(prefix), bench.end(prefix)
    again = bench.take_over(content)
    row("the same file again", before, again)
    checks = [
        compare("first run", f"{rows - bad} created, 0 updated, 0 unchanged, {bad} rejected_count", first.counts()),
        compare("second run", f"0 created, 0 updated, {rows - bad} unchanged, {bad} rejected_count", again.counts()),
        *(
            compare(f"{name} after the second run", want, have)
            for name, want, have in zip(TRACED, after_first, bench.traces(prefix), strict=True)
        ),
        compare("export after the second run", end, bench.end(prefix)),
    ]
    if kill:
        other = new_run_id()
        killed = bench.take_over(make_file(rows, other), kill=True)
        row(f"kill -9 of the worker at row {killed.killed_at}", before, killed)
        checks += [
            Check(
                "killed in the middle", "yes", "yes" if killed.killed_at else "no", [] if killed.killed_at else ["no"]
            ),
            compare("killed: outcome", first.counts(), killed.counts()),
            *(
                compare(f"killed: {name}", want, have)
                for name, want, have in zip(TRACED, after_first, bench.traces(other), strict=True)
            ),
            compare("killed: export", end, bench.end(other)),
        ]
    return checks, report


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench/imports.py", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000, metavar="N", help="of the file (%(default)s)")
    parser.add_argument("--kill", action="store_true", help="a third import whose worker is killed in the middle")
    options = parser.parse_args()
    bench = Bench(system())
    try:
        bench.staff.token()
        checks, report = measure(bench, options.rows, kill=options.kill)
    except GaveUp as problem:
        print(f"The bench cannot be run: {problem}", file=sys.stderr)
        return 2
    differences = print_checks(checks)
    print(f"{table(report)}\n\n{differences} differences.")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
