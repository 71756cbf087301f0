#!/usr/bin/env python3
"""A new version with a migration, and back, while orders are placed without a pause: no request may fail.

Starts a whole shop of its own. 0 when nothing was cut off, lost or doubled, 1 when something was, 2 when it could not
be run. See bench/README.md.
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
import tempfile  # noqa: E402
import time  # noqa: E402
from collections import Counter  # noqa: E402
from collections.abc import Callable  # noqa: E402
from dataclasses import asdict  # noqa: E402

from bench.changing import versions  # noqa: E402
from bench.changing.fleet import HOW_MANY, Fleet  # noqa: E402
from bench.changing.judging import Judge  # noqa: E402
from bench.changing.traffic import Traffic  # noqa: E402
from bench.driving.client import GaveUp  # noqa: E402
from bench.proving.afterwards import Log  # noqa: E402
from bench.proving.report import Check, Spread, print_checks, table  # noqa: E402
from bench.replaying.run import new_run_id  # noqa: E402
from local import running  # noqa: E402
from local.children import Interrupted  # noqa: E402
from local.emulator import CREDENTIALS  # noqa: E402
from local.report import Trouble  # noqa: E402

OLD, NEW = "A", "B"


class Rolling:
    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self.options = options
        new = folder / "version-b"
        versions.make(ROOT, new)
        self.fleet = Fleet({OLD: ROOT, NEW: new}, folder / "state")
        sign_in = running.person("staff")
        self.traffic = Traffic(
            self.fleet.ports.api,
            self.fleet.ports.feed,
            (sign_in.email, sign_in.password),
            new_run_id(),
            pace=options.pace,
            buyers=options.buyers,
        )

    def run(self) -> list[Check]:
        fleet, traffic = self.fleet, self.traffic
        with fleet.report.step("The old version, two of each"):
            fleet.start(OLD)
        log = Log(fleet.own.logs / "postgres.log")
        traffic.start()
        self._phase("the old version", lambda: fleet.interruption.sleep(self.options.still))
        self._phase("the migration", lambda: fleet.migrate(NEW))
        self._phase("the old version, migrated", lambda: fleet.interruption.sleep(self.options.still))
        self._phase("from old to new", lambda: self._change(NEW))
        self._phase("the new version", lambda: fleet.interruption.sleep(self.options.still))
        self._phase("from new to old", lambda: self._change(OLD))
        self._phase("the old version again", lambda: fleet.interruption.sleep(self.options.still))
        traffic.stop()
        judge = Judge(self._system(), traffic)
        with fleet.report.step("Until nothing is left to do"):
            settled = judge.settle()
        traffic.hang_up()
        served = sum((balancer.served for balancer in fleet.balancers.values()), start=Counter())
        return [settled, *judge.checks(served, fleet.ends, versions.VERSION), log.check()]

    def _phase(self, name: str, work: Callable[[], None]) -> None:
        self.traffic.phase = name
        with self.fleet.report.step(name):
            work()

    def _change(self, version: str) -> None:
        for process in HOW_MANY:
            self.fleet.change(process, version)

    def _system(self) -> running.System:
        return running.of(self.fleet.services.environment | CREDENTIALS | self.fleet.ports.addresses, self.fleet.state)


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench/rolling.py", description=__doc__)
    parser.add_argument("--still", type=float, default=5.0, metavar="S", help="seconds between changes (%(default)s)")
    parser.add_argument("--buyers", type=int, default=3, metavar="N", help="who order at once (%(default)s)")
    parser.add_argument("--pace", type=float, default=0.25, metavar="S", help="pause between requests (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        Path(folder).chmod(0o755)  # as root, PostgreSQL runs as somebody else and must reach its data
        rolling = Rolling(Path(folder), options)
        try:
            checks = rolling.run()
        except (Trouble, GaveUp) as trouble:
            print(f"\nThe bench cannot be run: {trouble}", file=sys.stderr)
            return 2
        except Interrupted:
            return 130
        finally:
            rolling.fleet.stop()
    differences = print_checks(checks)
    spreads = {phase: Spread.of(seconds) for phase, seconds in rolling.traffic.seconds.items()}
    rows = [["requests during", "count", "p50", "p95", "max"]]
    rows += [[phase, *spread.cells()] for phase, spread in spreads.items()]
    print(f"{table(rows)}\n\n{differences} differences in {time.monotonic() - began:.0f} s.")
    if options.json:
        figures = {phase: asdict(spread) for phase, spread in spreads.items()}
        options.json.write_text(json.dumps({"requests": figures, "checks": [asdict(c) for c in checks]}, indent=1))
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
