#!/usr/bin/env python3
"""Twenty minutes of ordinary work: memory, open files, connections and the tables' room must stay as they are.

0 when all do, 1 when something grows, 2 when it could not be run. See bench/README.md.
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
import json  # noqa: E402
import time  # noqa: E402
from dataclasses import asdict  # noqa: E402

from bench.changing.traffic import Traffic  # noqa: E402
from bench.driving.client import GaveUp  # noqa: E402
from bench.proving.report import Check, print_checks, table  # noqa: E402
from bench.replaying.run import new_run_id  # noqa: E402
from bench.soaking.holding import of_database, of_shop  # noqa: E402
from bench.soaking.judging import MIB, Sample, bloat, connections, files, memory  # noqa: E402
from local.running import system  # noqa: E402

SHOWN = 8  # rows of the table, of all samples


def soak(minutes: float, pace: float, buyers: int) -> tuple[list[Check], list[Sample]]:
    shop = system()
    if not of_shop(shop.state):
        raise GaveUp("bin/up must run on this machine: its processes are looked at")
    sign_in = (shop.staff.email, shop.staff.password)
    traffic = Traffic(shop.api, shop.live, sign_in, new_run_id(), pace=pace, buyers=buyers, phase="soak")
    samples: list[Sample] = []
    traffic.start()
    began, every = time.monotonic(), minutes * 60 / 40
    try:
        while (after := time.monotonic() - began) < minutes * 60:
            held, (count, tables) = of_shop(shop.state), of_database(shop.database)
            requests = sum(map(len, traffic.seconds.values()))
            samples.append(Sample(after, requests, held, count, tables))
            total = sum(one.memory for one in held.values())
            print(
                f"  {after / 60:4.1f} min  {requests:>7} requests  {total / MIB:6.0f} MiB", file=sys.stderr, flush=True
            )
            time.sleep(every)
    finally:
        traffic.stop()
        traffic.hang_up()
    answered = Check("requests", "all answered", f"{samples[-1].requests}", traffic.wrong)
    return [answered, memory(samples), files(samples), connections(samples), bloat(samples)], samples


def shown(samples: list[Sample]) -> str:
    names = sorted(samples[-1].processes)
    rows = [["minutes", "requests", *(f"{name}, MiB" for name in names), "open files", "connections", "database, MiB"]]
    for one in samples[:: max(1, len(samples) // SHOWN)]:
        size = sum(each.size for each in one.tables.values())
        memories = [f"{one.processes[name].memory / MIB:.0f}" for name in names]
        open_files = sum(each.files for each in one.processes.values())
        others = (open_files, one.connections, round(size / MIB))
        rows.append([f"{one.after / 60:.1f}", str(one.requests), *memories, *map(str, others)])
    return table(rows)


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench/soak.py", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0, metavar="M", help="(%(default)s)")
    parser.add_argument("--buyers", type=int, default=3, metavar="N", help="who order at once (%(default)s)")
    parser.add_argument("--pace", type=float, default=0.25, metavar="S", help="pause between requests (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all samples there")
    options = parser.parse_args()
    try:
        checks, samples = soak(options.minutes, options.pace, options.buyers)
    except (GaveUp, ValueError) as trouble:
        print(f"\nThe bench cannot be run: {trouble}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    differences = print_checks(checks)
    print(f"{shown(samples)}\n\n{differences} differences.")
    if options.json:
        told = {"samples": [asdict(one) for one in samples], "checks": [asdict(one) for one in checks]}
        options.json.write_text(json.dumps(told, indent=1))
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
