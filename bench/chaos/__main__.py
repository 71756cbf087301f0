"""`bin/chaos`: the whole shop under load while everything breaks, and after each round proof that nothing came of it.

0 when nothing differs, 1 when something does, 2 when it could not be run. See bench/README.md and docs/reliability.md.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from bench.chaos.faults.clocks import INSTALL, library
from bench.chaos.faults.disk import Disk, NoQuota
from bench.chaos.plan import DECK, PER_ROUND
from bench.chaos.rounds import as_json, markdown, summary, tell
from bench.chaos.run import Run
from bench.chaos.shop import ChaosShop, Journal
from bench.driving.client import GaveUp
from bench.proving.report import print_checks
from local.children import Interrupted
from local.report import Trouble

NOT_OURS = ("DATABASE_URL", "AWS_ENDPOINT_URL", "REDIS_URL")
"""What would have the shop stand on something that is not the bench's to break."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/chaos", description=__doc__)
    parser.add_argument("--rounds", type=positive, default=20, metavar="N", help="(%(default)s)")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), metavar="N", help="of all faults (random)")
    parser.add_argument("--round", type=positive, metavar="N", help="only this round of the seed, again")
    parser.add_argument("--seconds", type=float, default=12, metavar="S", help="of load in each round (%(default)s)")
    parser.add_argument("--faults", type=positive, default=PER_ROUND, metavar="N", help="in each round (%(default)s)")
    parser.add_argument(
        "--only", action="append", choices=DECK, metavar="KIND", help=f"no other kinds, of: {', '.join(DECK)}"
    )
    parser.add_argument(
        "--visibility", type=positive, default=30, metavar="S", help="until a lost message comes again (%(default)s)"
    )
    parser.add_argument(
        "--receives", type=positive, default=7, metavar="N", help="until a message is buried (%(default)s)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all rounds, every difference included")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table of docs/reliability.md")
    parser.add_argument("--keep", action="store_true", help="keep the folder with the logs of the processes")
    parser.add_argument("--verbose", action="store_true", help="say each death and start of a process, too")
    options = parser.parse_args()
    options.kinds = tuple(kind for kind in DECK if kind in options.only) if options.only else DECK
    options.faults = min(options.faults, len(options.kinds))
    return options


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)


def main() -> int:
    options = arguments()
    for name in NOT_OURS:
        os.environ.pop(name, None)
    report = Journal(talkative=options.verbose)
    state = Path(tempfile.mkdtemp(prefix="shop-chaos-")).resolve()
    state.chmod(0o755)  # as root, PostgreSQL runs as somebody else and must reach its data
    print(f"Seed {options.seed}. A round again: bin/chaos --seed {options.seed} --round N", flush=True)
    disk = quota(state)
    if (clock := library()) is None:
        print(f"No clock is moved: libfaketime is not installed. {INSTALL}")
    run: Run | None = None
    began = time.monotonic()
    try:
        times = {"visibility_timeout": options.visibility, "max_receives": options.receives}
        shop = ChaosShop(state, report=report, seed=options.seed, **times)
        run = Run(shop, disk, clock, options)
        return play(run, options, began)
    except (Trouble, GaveUp) as trouble:
        print(f"\nIt cannot be run: {trouble}", file=sys.stderr)
        return 2
    except Interrupted:
        print("\n  Ending …")
        return 130
    finally:
        if run is not None:
            run.stop()
        if disk:
            disk.unmount()
        if options.keep:
            print(f"  Logs: {state / 'logs'}")
        else:
            shutil.rmtree(state, ignore_errors=True)


def quota(state: Path) -> Disk | None:
    disk = Disk(state / "postgres")
    try:
        disk.mount()
    except NoQuota as why:
        print(f"PostgreSQL's disk is never full: this machine gives it {why}")
        return None
    return disk


def play(run: Run, options: argparse.Namespace, began: float) -> int:
    run.open()
    numbers = [options.round] if options.round else list(range(1, options.rounds + 1))
    for number in numbers:
        tell(run.play(number), options.seed)
    last = run.finish()
    differences = sum(one.differences for one in run.rounds) + print_checks(last)
    print(summary(run.rounds))
    for what, count in run.storm.left_out.items():
        print(f"Left out {count} times, see above: {what}")
    if options.markdown:
        options.markdown.write_text(markdown(run.rounds))
    if options.json:
        told = {"seed": options.seed, "differences": differences, "rounds": as_json(run.rounds)}
        options.json.write_text(json.dumps(told, indent=1, default=str))
    print(f"\n{differences} differences in {time.monotonic() - began:.0f} s. Seed {options.seed}.")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
