"""What a bench prints: progress while it works, a table at the end."""

from __future__ import annotations

import math
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

SHOWN = 20  # differences of one check that are printed; --json holds all


@dataclass
class Check:
    """One comparison. `differences` says in words what does not match; `allowed` what was seen and is permitted."""

    name: str
    expected: str
    found: str
    differences: list[str] = field(default_factory=list)
    allowed: str = ""


class Progress:
    """A bar of one's own: redrawn on a terminal, a line per tenth elsewhere."""

    def __init__(self, what: str, total: int) -> None:
        self.what = what
        self.total = max(total, 1)
        self.count = 0
        self._began = time.monotonic()
        self._live = sys.stderr.isatty()
        self._shown = -1
        self._lock = threading.Lock()

    def step(self, by: int = 1) -> None:
        with self._lock:
            self.count = min(self.count + by, self.total)
            share = self.count * (100 if self._live else 10) // self.total
            if share == self._shown:
                return
            self._shown = share
            seconds = max(time.monotonic() - self._began, 0.001)
            bar = "#" * (30 * self.count // self.total)
            text = f"  {self.what:<22} [{bar:<30}] {self.count:>6}/{self.total}  {self.count / seconds:7.1f}/s"
            end = "\n" if not self._live or self.count == self.total else "\r"
            print(text, end=end, file=sys.stderr, flush=True)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of one width per column; the first row is the heading."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def print_checks(checks: Iterable[Check]) -> int:
    """The table, then each difference in words; returns how many there are."""
    checks = list(checks)
    rows = [["", "expected", "found", "differences"]]
    rows += [[check.name, check.expected, check.found, str(len(check.differences))] for check in checks]
    total = sum(len(check.differences) for check in checks)
    print(f"\n{table([*rows, ['in all', '', '', str(total)]])}\n")
    for check in checks:
        if check.allowed:
            print(f"Allowed, not a difference ({check.name}): {check.allowed}")
        for difference in check.differences[:SHOWN]:
            print(f"DIFFERENCE ({check.name}): {difference}")
        if len(check.differences) > SHOWN:
            print(f"DIFFERENCE ({check.name}): … and {len(check.differences) - SHOWN} more")
    return total


@dataclass(frozen=True)
class Spread:
    """Of a set of times, in seconds: nearest-rank percentiles, None where there was nothing to measure."""

    count: int
    p50: float | None
    p95: float | None
    p99: float | None
    p999: float | None
    max: float | None

    @classmethod
    def of(cls, seconds: Iterable[float]) -> Spread:
        ordered = sorted(seconds)
        if not ordered:
            return cls(0, None, None, None, None, None)
        p50, p95, p99, p999 = (
            ordered[max(0, math.ceil(share * len(ordered)) - 1)] for share in (0.50, 0.95, 0.99, 0.999)
        )
        return cls(len(ordered), p50, p95, p99, p999, ordered[-1])

    def cells(self) -> list[str]:
        times = (self.p50, self.p95, self.max)
        return [str(self.count), *("–" if value is None else f"{value * 1000:.0f} ms" for value in times)]
