#!/usr/bin/env python3
"""Replays a real shop's orders against the running system, then holds all that it did against the file.

0 when nothing differs, 1 when something does, 2 when it could not be run. See bench/README.md.
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
import time  # noqa: E402
from dataclasses import asdict  # noqa: E402

from bench.driving.client import GaveUp  # noqa: E402
from bench.proving import envelope  # noqa: E402
from bench.proving.report import print_checks, table  # noqa: E402
from bench.replaying.real_orders import NotThatFile, Plan, read  # noqa: E402
from bench.replaying.run import Outcome, Replay  # noqa: E402
from local.running import system  # noqa: E402


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/replay.py", description=__doc__)
    parser.add_argument("file", type=Path, help="the orders, in the layout of the UCI “Online Retail” data set")
    parser.add_argument("--buyers", type=int, default=8, metavar="N", help="who order at once (%(default)s)")
    parser.add_argument(
        "--clerks", type=int, default=3, metavar="N", help="who confirm and cancel at once (%(default)s)"
    )
    parser.add_argument("--limit", type=int, default=0, metavar="N", help="only the file's first N orders")
    parser.add_argument(
        "--settle", type=float, default=300, metavar="S", help="seconds without progress that mean stuck"
    )
    parser.add_argument(
        "--chaos", action="store_true", help="kill -9 each process in turn meanwhile (bin/up revives them)"
    )
    parser.add_argument("--every", type=float, default=4, metavar="S", help="seconds between two kills (%(default)s)")
    parser.add_argument(
        "--report", type=Path, metavar="CSV", help="write every row that became no order, with the reason"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all results, every difference included")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    try:
        plan = read(options.file, options.limit)
    except NotThatFile as problem:
        print(f"{options.file} cannot be read: {problem}", file=sys.stderr)
        return 2
    tell_plan(plan)
    if options.report:
        write_report(plan, options.report)
    began = time.monotonic()
    try:
        replay = Replay(system(), plan, buyers=options.buyers, clerks=options.clerks)
        outcome = replay.run(settle=options.settle, chaos_every=options.every if options.chaos else 0)
    except GaveUp as problem:
        print(f"The replay cannot go on: {problem}", file=sys.stderr)
        return 2
    differences = print_checks(outcome.checks)
    tell_times(outcome)
    print(f"\n{differences} differences. Run {replay.run_id}, {time.monotonic() - began:.0f} s in all.")
    if options.json:
        write_figures(plan, outcome, options.json)
    return 1 if differences else 0


def tell_plan(plan: Plan) -> None:
    kept = sum(bool(order.kept_of) for order in plan.orders.values())
    print(f"{plan.rows} rows: {plan.order_rows} are lines of {len(plan.orders) - kept} orders,", end=" ")
    print(f"{plan.cancellation_rows} of cancellations that match one, {len(plan.unused)} are neither:")
    for reason, count in plan.reasons().most_common():
        print(f"  {count:>6}  {reason}")
    print(f"{plan.merged_rows} rows repeat an article within their invoice at one price: their quantities are added.")
    print(f"{plan.recased_codes} rows write a code in small letters: a SKU is in capitals.")
    print(f"{kept} cancellations take back a part: the order is cancelled, and what the buyer keeps is ordered anew.\n")
    if not plan.rows_add_up():
        raise AssertionError("rows were lost between the file and the plan")


def tell_times(outcome: Outcome) -> None:
    rows = [[name, *spread.cells()] for name, spread in outcome.times.items()]
    print(table([["time from … to …", "count", "p50", "p95", "max"], *rows]))
    print(f"\n{outcome.orders_per_second:.1f} orders/s placed and decided.", end=" ")
    print(f"All was done {outcome.settled_after:.1f} s after the last of them.")
    for what, count in sorted(outcome.faults.items()):
        print(f"Tried again {count} times after: {what}")
    for kill in outcome.kills:
        back = f"back after {kill.back_after:.1f} s" if kill.back_after >= 0 else "NOT BACK"
        print(f"Killed {kill.name:<9} {len(kill.pids)} processes, {back}")
    print(f"The live feed connected again {outcome.reconnects} times.")


def write_report(plan: Plan, path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["line", "invoice", "code", "reason"])
        writer.writerows((row.line, row.invoice, row.code, row.reason) for row in plan.unused)


def write_figures(plan: Plan, outcome: Outcome, file: Path) -> None:
    facts = {"rows": plan.rows, "orders": len(plan.orders), "unused": plan.reasons(), "merged_rows": plan.merged_rows}
    told = {name: value for name, value in asdict(outcome).items() if name not in ("checks", "times")}
    rows = [{"time": name} | asdict(spread) for name, spread in outcome.times.items()]
    envelope.write(file, "replay", rows=rows, checks=outcome.checks, plan=facts, **told)


if __name__ == "__main__":
    sys.exit(main())
