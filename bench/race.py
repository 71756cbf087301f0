#!/usr/bin/env python3
"""Races over HTTP: for one SKU, with cancels beside, for baskets of hot SKUs, and with one idempotency key.

0 when all end as they must, 1 when not, 2 when they could not be run. See bench/README.md.
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
from collections.abc import Callable  # noqa: E402
from dataclasses import asdict  # noqa: E402

from bench.driving.client import GaveUp  # noqa: E402
from bench.proving import envelope  # noqa: E402
from bench.proving.afterwards import Log  # noqa: E402
from bench.proving.report import Check, Spread, print_checks, table  # noqa: E402
from bench.races.baskets import baskets  # noqa: E402
from bench.races.one_key import one_key  # noqa: E402
from bench.races.one_sku import stampede, with_cancels  # noqa: E402
from bench.races.start import Start  # noqa: E402
from local.running import System, system  # noqa: E402

Race = Callable[[Start], tuple[list[Check], Spread]]


def log_of(shop: System) -> Log | None:
    """PostgreSQL's, where `bin/up` has started it."""
    file = shop.state / "logs" / "postgres.log"
    return Log(file) if file.exists() else None


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench/race.py", description=__doc__)
    parser.add_argument("--buyers", type=int, default=200, metavar="N", help="at once (%(default)s)")
    parser.add_argument("--units", type=int, default=50, metavar="N", help="of each SKU (%(default)s)")
    parser.add_argument("--repeats", type=int, default=50, metavar="N", help="requests with one key (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    options = parser.parse_args()
    races: dict[str, Race] = {
        "for one SKU": lambda start: stampede(start, options.buyers, options.units),
        "for one SKU, with cancels": lambda start: with_cancels(start, options.buyers, options.units),
        "for baskets": lambda start: baskets(start, options.buyers, options.units),
        "one key": lambda start: one_key(start, options.repeats),
    }
    shop = system()
    start, log = Start(shop), log_of(shop)
    checks: list[Check] = []
    rows: list[dict[str, object]] = []
    times = [["seconds to an answer", "count", "p50", "p95", "max"]]
    try:
        start.staff.token()
        for name, race in races.items():
            found, spread = race(start)
            checks += found
            times.append([name, *spread.cells()])
            rows.append({"race": name} | asdict(spread))
    except GaveUp as problem:
        print(f"The race cannot be run: {problem}", file=sys.stderr)
        return 2
    if log:
        checks.append(log.check())
    else:
        print("PostgreSQL is not bin/up's: look for deadlocks in its log yourself.")
    differences = print_checks(checks)
    print(f"{table(times)}\n\n{differences} differences. Run {start.run}.")
    if options.json:
        envelope.write(options.json, "race", rows=rows, checks=checks, run=start.run)
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
