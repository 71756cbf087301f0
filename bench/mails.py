#!/usr/bin/env python3
"""SES down under load: every mail goes out once it is back, each once. And a bounce, from SES's message to the admin.

0 when all is as it must be, 1 when not, 2 when it could not be run. See bench/README.md.
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

from bench.driving.client import GaveUp  # noqa: E402
from bench.mailing.bounce import Bounce  # noqa: E402
from bench.mailing.outage import Outage  # noqa: E402
from bench.proving.report import print_checks, table  # noqa: E402
from bench.races.start import Start  # noqa: E402
from local.running import system  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench/mails.py", description=__doc__)
    parser.add_argument("--outage", type=float, default=300, metavar="S", help="seconds without SES (%(default)s)")
    parser.add_argument("--rate", type=float, default=2, metavar="N", help="orders a second meanwhile (%(default)s)")
    parser.add_argument("--settle", type=float, default=420, metavar="S", help="standing still so long is stuck")
    options = parser.parse_args()
    start = Start(system())
    try:
        start.staff.token()
        outage = Outage(start, seconds=options.outage, rate=options.rate, settle=options.settle)
        checks, spreads = outage.run()
        checks += Bounce(start).run()
    except GaveUp as problem:
        print(f"The mails cannot be shown: {problem}", file=sys.stderr)
        return 2
    differences = print_checks(checks)
    rows = [["seconds", "count", "p50", "p95", "max"], *([name, *one.cells()] for name, one in spreads.items())]
    print(f"{table(rows)}\n\n{differences} differences. Run {start.run}.")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
