#!/usr/bin/env python3
"""Kills the web process (-9) at random moments while buyers order, and try again under the same key until they know.

Starts a PostgreSQL and a gunicorn of its own, as `bin/up` does. 0 when each key has become one whole order, 1 when not,
2 when it could not be run. See bench/README.md.
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
import random  # noqa: E402
import signal  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402

from bench.crashing.buyers import Buyers  # noqa: E402
from bench.crashing.comparing import compare  # noqa: E402
from bench.driving.killing import children_of  # noqa: E402
from bench.driving.own import OwnShop  # noqa: E402
from bench.ordering import filling  # noqa: E402
from bench.proving import afterwards  # noqa: E402
from bench.proving.report import Check, Progress, print_checks, table  # noqa: E402
from local.children import Child, Interrupted, end_group  # noqa: E402
from local.report import Trouble  # noqa: E402

PRODUCTS = 20  # few, so that orders wait for each other's locks when they are killed
ALL_EVERY = 5
"""Every fifth kill takes gunicorn and all its workers, as a power cut does; the others one worker of it."""
LONGEST = 0.25  # seconds of undisturbed work between two kills, at most


class Crash:
    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self.options = options
        self.shop = OwnShop(folder)
        self.chance = random.Random(options.seed)
        self.kills = {"gunicorn and its workers": 0, "one worker": 0}

    def run(self) -> list[Check]:
        self.shop.database()
        log = afterwards.Log(self.shop.postgres_log)
        filling.make_products(PRODUCTS)
        web = self.shop.web_child()
        self.shop.children.start(web)
        self.shop.wait_for_web(web)
        self.buyers = Buyers(self.shop.ports.api, self.options.buyers, PRODUCTS)
        progress = Progress("kills", self.options.kills)
        with self.buyers:
            for number in range(self.options.kills):
                self._work_on()
                self._kill(web, everything=number % ALL_EVERY == 0)
                progress.step()
        self.buyers.ask_again()
        return [*compare(self.shop.postgres.url, self.buyers), log.check()]

    def _work_on(self) -> None:
        """Until an order has been answered since the last kill, and then for a random while."""
        answered = self.buyers.answered
        while self.buyers.answered == answered:
            self.shop.interruption.sleep(0.005)
            self.buyers.require()
        self.shop.interruption.sleep(self.chance.uniform(0, LONGEST))

    def _kill(self, web: Child, *, everything: bool) -> None:
        if web.process is None:
            raise Trouble("The web process was not started.")
        if everything:
            end_group(web.process.pid)
            web.process.wait()
            self.kills["gunicorn and its workers"] += 1
            self.shop.children.start(web)
            return
        self.shop.children.require(web)
        workers = children_of(web.process.pid)
        if workers:
            os.kill(self.chance.choice(workers), signal.SIGKILL)
            self.kills["one worker"] += 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench/crash.py", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, metavar="N", help="(%(default)s)")
    parser.add_argument("--buyers", type=int, default=8, metavar="N", help="who order at once (%(default)s)")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), metavar="N", help="of the pauses (random)")
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        crash = Crash(Path(folder), options)
        try:
            checks = crash.run()
        except Trouble as trouble:
            print(f"\nThe bench cannot be run: {trouble}", file=sys.stderr)
            return 2
        except Interrupted:
            return 130
        finally:
            crash.shop.stop()
    differences = print_checks(checks)
    rows = [["what happened", "times"], *([f"kill -9 of {what}", str(times)] for what, times in crash.kills.items())]
    rows += [[what, str(times)] for what, times in sorted(crash.buyers.faults.items())]
    print(f"{table(rows)}\n\n{differences} differences in {time.monotonic() - began:.0f} s. Seed {options.seed}.")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
