#!/usr/bin/env python3
"""What the whole system holds in memory at rest: the proportional share (PSS) of every process that `bin/up` began.

0 when it could be measured, 2 when not. See bench/README.md.
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
import time  # noqa: E402
from collections import defaultdict  # noqa: E402

from bench.driving.processes import Process, all_below, proportional_memory  # noqa: E402
from bench.proving import envelope  # noqa: E402
from bench.proving.report import table  # noqa: E402
from local.running import STATE  # noqa: E402


def launcher(state: Path) -> int | None:
    """The process id of the `bin/up` that holds the state folder."""
    lock = state / "lock"
    text = lock.read_text().strip() if lock.exists() else ""
    return int(text) if text and Path(f"/proc/{text}").exists() else None


def name_of(process: Process, below: dict[int, Process]) -> str:
    """What `docs/architecture.md` calls it: the nearest process above that has a name in the table of processes."""
    names = {
        "shop.wsgi": "web",
        "shop.asgi": "live",
        "worker": "worker",
        "relay": "relay",
        "beat": "beat",
        "local.emulator_server": "AWS emulator",
        "local.mailbox": "mail viewer",
        "local.up": "bin/up",
        "postgres": "PostgreSQL",
    }
    at: Process | None = process
    while at is not None:
        for word in at.command:
            if (name := names.get(word) or names.get(Path(word).name)) is not None:
                return name
        at = below.get(at.parent)
    return process.command[0] if process.command else "?"


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench/memory.py", description=__doc__)
    parser.add_argument("--rest", type=float, default=20, metavar="S", help="without a request before (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    options = parser.parse_args()
    if (pid := launcher(STATE)) is None:
        print(f"The memory cannot be measured: no bin/up runs with its state in {STATE}.", file=sys.stderr)
        return 2
    time.sleep(options.rest)
    below = {process.pid: process for process in all_below(pid)}
    held: dict[str, list[float]] = defaultdict(list)
    for process in below.values():
        held[name_of(process, below)].append(proportional_memory(process.pid) / 2**20)
    figures = [{"process": name, "processes": len(all_), "mib": round(sum(all_), 1)} for name, all_ in held.items()]
    figures.sort(key=lambda row: -float(str(row["mib"])))
    rows = [[str(row["process"]), str(row["processes"]), f"{row['mib']}"] for row in figures]
    total = sum(sum(all_) for all_ in held.values())
    print(table([["", "processes", "MiB (PSS)"], *rows, ["in all", str(len(below)), f"{total:.1f}"]]))
    if options.json:
        envelope.write(options.json, "memory", rows=figures, checks=[])
    return 0


if __name__ == "__main__":
    sys.exit(main())
