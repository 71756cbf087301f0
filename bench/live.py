#!/usr/bin/env python3
"""Thousands of sockets on one live process, while lines are cut, wake-ups get lost and the process is killed (-9).

Starts a PostgreSQL, an AWS emulator, Valkey, web, relay and live of its own. 0 when every socket has every event that
is its owner's once and in order, 1 when not, 2 when it could not be run. See bench/README.md.
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
import resource  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from dataclasses import asdict  # noqa: E402

from bench.living.run import Run  # noqa: E402
from bench.proving import envelope  # noqa: E402
from bench.proving.report import Spread, print_checks, table  # noqa: E402
from local.children import Interrupted  # noqa: E402
from local.report import Trouble  # noqa: E402

SPARE = 500  # files that a process has open besides its sockets


def allow_files(sockets: int) -> None:
    """Each process of the run may hold all the sockets. Raises Trouble."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < sockets + SPARE:
        raise Trouble(f"{sockets} sockets need {sockets + SPARE} open files, {most} are allowed: ulimit -n.")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _phases(run: Run) -> str:
    head = ["", "events", "per second", "messages", "p50 ms", "p95 ms", "p99 ms", "max ms", "live process", "sockets'"]
    rows = [head]
    rows.append(["floor: a bare connection", str(run.floor.count), "", "", *_milliseconds(run.floor), "", ""])
    for one in run.rows:
        pace = f"{one.events / one.seconds:.1f}"
        rows.append(
            [
                one.name,
                str(one.events),
                pace,
                str(one.messages),
                *_milliseconds(one.late),
                f"{one.live:.0%}",
                f"{one.crowd:.0%}",
            ]
        )
    return table(rows)


def _milliseconds(late: Spread) -> list[str]:
    times = (late.p50, late.p95, late.p99, late.max)
    return ["–" if value is None else f"{1000 * value:.0f}" for value in times]


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench/live.py", description=__doc__)
    parser.add_argument("--sockets", type=int, default=2000, metavar="N", help="on one live process (%(default)s)")
    parser.add_argument("--staff", type=int, default=100, metavar="N", help="of them hear of all (%(default)s)")
    parser.add_argument("--rate", type=float, default=20, metavar="N", help="events a second (%(default)s)")
    parser.add_argument("--seconds", type=float, default=30, metavar="S", help="of each part (%(default)s)")
    parser.add_argument("--outage", type=float, default=60, metavar="S", help="without wake-ups (%(default)s)")
    parser.add_argument("--all", type=int, nargs="*", metavar="N", help="sockets that all hear of all (1/8 to all)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    options = parser.parse_args()
    began, load = time.monotonic(), os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        run = Run(Path(folder), options)
        try:
            allow_files(options.sockets)
            run.run()
        except Trouble as trouble:
            print(f"\nThe bench cannot be run: {trouble}", file=sys.stderr)
            return 2
        except Interrupted:
            return 130
        finally:
            run.stop()
    print(f"\n{_phases(run)}")
    print(f"\n{table([['', ''], *([name, text] for name, text in run.facts.items())])}")
    differences = print_checks(run.checks)
    seconds = time.monotonic() - began
    print(f"{differences} differences in {seconds:.0f} s. Load of the machine before: {load:.1f}.")
    if options.json:
        floor = {"name": "floor: a bare connection", "late": asdict(run.floor)}
        rows = [floor, *(asdict(one) for one in run.rows)]
        envelope.write(options.json, "live", rows=rows, checks=run.checks, told=run.facts)
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
