#!/usr/bin/env python3
"""Junk, slow clients and floods: no answer may be a 500, no memory grow, and nobody else be kept waiting.

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
import json  # noqa: E402
import tempfile  # noqa: E402
from dataclasses import asdict  # noqa: E402

from bench.driving.client import GaveUp  # noqa: E402
from bench.limiting.crowds import Row, crowds  # noqa: E402
from bench.limiting.proxy import proxied  # noqa: E402
from bench.limiting.sending import junk  # noqa: E402
from bench.proving.report import Check, print_checks, table  # noqa: E402
from local.report import Trouble  # noqa: E402
from local.running import system  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench/limits.py", description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000, metavar="N", help="of junk (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the junk (%(default)s)")
    parser.add_argument("--crowd", type=int, default=300, metavar="N", help="connections of a crowd (%(default)s)")
    parser.add_argument("--seconds", type=float, default=25.0, metavar="S", help="that each crowd stays (%(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    options = parser.parse_args()
    shop = system()
    rows: list[Row] = []
    checks: list[Check] = []
    try:
        checks, answers = junk(shop, options.requests, options.seed)
        with tempfile.TemporaryDirectory(prefix="bench-") as folder, proxied(shop, Path(folder)) as proxy:
            if proxy is None:
                print("No nginx here (apt-get install -y nginx): crowds meet the shop without a proxy alone.")
            rows = crowds(shop, proxy, options.crowd, options.seconds)
    except (Trouble, GaveUp, OSError) as trouble:
        print(f"\nThe bench cannot be run: {trouble}", file=sys.stderr)
        return 2
    checks += [row.check() for row in rows]
    differences = print_checks(checks)
    print(table([["junk was answered", "times"], *([what, str(count)] for what, count in sorted(answers.items()))]))
    print(
        f"\n{table([Row.HEADING, *(row.cells() for row in rows)])}\n\n{differences} differences. Seed {options.seed}."
    )
    if options.json:
        told = {"answers": answers, "crowds": [asdict(row) for row in rows], "checks": [asdict(one) for one in checks]}
        options.json.write_text(json.dumps(told, indent=1))
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
