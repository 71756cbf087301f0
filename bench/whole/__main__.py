"""`bin/bench`: how fast, how much and how big the shop is, part by part, each figure beside its floor.

0 when no part found a difference, 1 when one did, 2 when one could not be run. See bench/README.md.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from bench.proving.report import table
from bench.whole import aims, document, running
from bench.whole.parts import GROWTH, PARTS
from local.report import Trouble

BUSY = 0.5


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__)
    parser.add_argument(
        "parts",
        nargs="*",
        metavar="PART",
        help=f"only these, of: {', '.join(PARTS)}; or growth (not in a run), or report (writes docs/performance.md)",
    )
    parser.add_argument("--quick", action="store_true", help="a look, some two minutes: no figure to go by")
    parser.add_argument(
        "--json",
        type=Path,
        default=Path(".local/bench"),
        metavar="FOLDER",
        help="where figures are written (%(default)s)",
    )
    parser.add_argument(
        "--retail",
        type=Path,
        metavar="FILE",
        help="real orders for the replay, see bench/README.md: without it, no replay",
    )
    options = parser.parse_args()
    if options.retail and not options.retail.is_file():
        parser.error(f"there is no file {options.retail}")
    if "replay" in options.parts and not options.retail:
        parser.error("the replay needs --retail FILE: a file of real orders, which the project does not hold")
    if unknown := [part for part in options.parts if part not in {*PARTS, "growth", "report"}]:
        parser.error(f"there is no part {', '.join(unknown)}, only {', '.join(PARTS)}, growth and report")
    if {"growth", "report"} & set(options.parts) and len(options.parts) > 1:
        parser.error("growth takes half an hour, and report measures nothing: each stands alone")
    return options


def main() -> int:
    options = arguments()
    if options.parts == ["report"]:
        document.write()
        return 0
    growing = options.parts == ["growth"]
    parts = GROWTH if growing else {name: PARTS[name] for name in PARTS if name in (options.parts or PARTS)}
    parts = {name: part for name, part in parts.items() if options.retail or not part.of_a_file}
    folder = (options.json / "growth" if growing else options.json).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    began, load = time.monotonic(), os.getloadavg()[0]
    statuses: dict[str, int] = {}
    try:
        running.require_tools(parts)
        statuses.update(
            running.run(parts, folder, quick=options.quick, retail=options.retail and options.retail.resolve())
        )
    except Trouble as trouble:
        print(f"The bench cannot be run: {trouble}", file=sys.stderr)
        return running.COULD_NOT
    except KeyboardInterrupt:
        return running.INTERRUPTED
    found = {name: one for name, one in aims.read(folder).items() if name in statuses}
    print(f"\n── the aims\n\n{table(aims.rows(found))}\n")
    for name, status in statuses.items():
        if status:
            print(f"{name} ended with {status}: {'it found differences' if status == 1 else 'it could not be run'}")
    print(f"{time.monotonic() - began:.0f} s in all. Load of the machine before: {load:.1f}.", end=" ")
    print("Others disturb the times." if load > BUSY else "", f"\nFigures: {folder}")
    return max(statuses.values(), default=0)


if __name__ == "__main__":
    sys.exit(main())
