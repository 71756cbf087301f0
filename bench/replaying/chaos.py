"""Kills the shop's processes with SIGKILL, one after another, while it works. `bin/up` starts each again."""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from bench.driving.killing import kill

IN_TURN = ("worker", "relay", "web", "live", "postgres", "emulator")
BACK_WITHIN = 60.0


@dataclass(frozen=True)
class Kill:
    """`back_after` is the time in seconds until the process ran again; below zero: it did not."""

    name: str
    at: float
    pids: tuple[int, ...]
    back_after: float


class Chaos(threading.Thread):
    """Kills each process of IN_TURN, round after round, `every` seconds apart, until it is stopped.

    All of one process goes at once (a gunicorn master and its workers, PostgreSQL and its backends), as it does when a
    machine loses power: to kill the master alone would let the others end in good order.
    """

    def __init__(self, run_folder: Path, every: float) -> None:
        super().__init__(daemon=True, name="chaos")
        self.folder = run_folder
        self.every = every
        self.kills: list[Kill] = []
        self._stopped = threading.Event()

    def missing(self) -> list[str]:
        return [name for name in IN_TURN if self._pid(name) is None]

    def run(self) -> None:
        turn = 0
        while not self._stopped.wait(self.every):
            self.kill(IN_TURN[turn % len(IN_TURN)])
            turn += 1

    def stop(self) -> None:
        """Ends the killing; a round that is not complete is finished first, so that each process was killed once."""
        self._stopped.set()
        self.join()
        for name in IN_TURN[len(self.kills) :]:
            self.kill(name)

    def kill(self, name: str) -> None:
        pid = self._pid(name)
        began = time.monotonic()
        if pid is None:
            self.kills.append(Kill(name, time.time(), (), -1))
            return
        group = kill(pid)
        while self._pid(name) in (pid, None):
            if time.monotonic() - began > BACK_WITHIN:
                self.kills.append(Kill(name, time.time(), tuple(group), -1))
                return
            time.sleep(0.05)
        self.kills.append(Kill(name, time.time(), tuple(group), time.monotonic() - began))
        print(f"\n  killed {name} ({len(group)} processes)", file=sys.stderr)

    def _pid(self, name: str) -> int | None:
        """The process that runs now, or None: a pid file may name one that is dead."""
        try:
            pid = int((self.folder / f"{name}.pid").read_text())
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (OSError, ValueError):
            return None
        return None if state == "Z" else pid
