"""Whether what a shop holds stays where it is: the middle of a soak's second quarter against that of its last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from bench.proving.report import Check
from bench.soaking.holding import Held, Table

MIB = 1024 * 1024
MEMORY, SHARE = 12 * MIB, 0.10
"""What a process may grow by: the greater of the two. A leak of one KiB for each request shows in some minutes."""
MORE = {"postgres": 128 * MIB}
"""Its `shared_buffers`, which fill with what is asked for."""

NOT_OURS = ("emulator",)
"""It keeps in memory all that it was ever told, which is not for the shop to mend."""

KEEPS_FILES = (*NOT_OURS, "postgres")
"""Each of its processes keeps those that it has read, up to `max_files_per_process`."""

FILES, CONNECTIONS = 5, 5
PER_ROW = 1.5
"""How much more room a row may take, dead ones and free space included, in tables of at least SMALL bytes."""
SMALL = 2 * MIB


@dataclass(frozen=True)
class Sample:
    after: float
    """Seconds since the beginning."""
    requests: int
    processes: dict[str, Held]
    connections: int
    tables: dict[str, Table]


def quarters(samples: Sequence[Sample]) -> tuple[Sequence[Sample], Sequence[Sample]]:
    """The second, when all has been asked for once, and the last. Raises ValueError for fewer than eight samples."""
    if len(samples) < 8:
        raise ValueError("A soak needs at least eight samples: make it longer.")
    part = len(samples) // 4
    return samples[part : 2 * part], samples[-part:]


def _two(samples: Sequence[Sample], of: Callable[[Sample], float]) -> tuple[float, float]:
    early, late = quarters(samples)
    return median(map(of, early)), median(map(of, late))


def memory(samples: Sequence[Sample]) -> Check:
    names, wrong, totals = sorted(samples[-1].processes), [], [0.0, 0.0]
    for name in names:
        early, late = _two(samples, lambda one, name=name: one.processes[name].memory)  # type: ignore[misc]  # this name
        totals[0], totals[1] = totals[0] + early, totals[1] + late
        may_grow = MORE.get(name, max(MEMORY, SHARE * early))
        if name not in NOT_OURS and late - early > may_grow:
            wrong.append(f"{name}: {early / MIB:.0f} MiB, later {late / MIB:.0f}")
    return Check("memory", f"{totals[0] / MIB:.0f} MiB", f"{totals[1] / MIB:.0f} MiB", wrong)


def files(samples: Sequence[Sample]) -> Check:
    wrong, totals = [], [0.0, 0.0]
    for name in sorted(samples[-1].processes):
        early, late = _two(samples, lambda one, name=name: one.processes[name].files)  # type: ignore[misc]  # this name
        totals[0], totals[1] = totals[0] + early, totals[1] + late
        if name not in KEEPS_FILES and late - early > FILES:
            wrong.append(f"{name}: {early:.0f} open files, later {late:.0f}")
    return Check("open files", f"{totals[0]:.0f}", f"{totals[1]:.0f}", wrong)


def connections(samples: Sequence[Sample]) -> Check:
    early, late = _two(samples, lambda one: one.connections)
    wrong = [f"{early:.0f}, later {late:.0f}"] if late - early > CONNECTIONS else []
    return Check("connections to PostgreSQL", f"{early:.0f}", f"{late:.0f}", wrong)


def bloat(samples: Sequence[Sample]) -> Check:
    """Tables may grow with their rows. What they need for a row, dead ones included, may not."""
    wrong = []
    for name in sorted(samples[-1].tables):
        early, late = _two(samples, lambda one, name=name: _per_row(one.tables[name]))  # type: ignore[misc]  # this name
        if samples[-1].tables[name].size > SMALL and late > PER_ROW * early:
            wrong.append(f"{name}: {early:.0f} bytes a row, later {late:.0f}")
    total = sum(table.size for table in samples[-1].tables.values())
    return Check(
        "room of a row, in each table", "steady", f"{len(samples[-1].tables)} tables, {total / MIB:.0f} MiB", wrong
    )


def _per_row(table: Table) -> float:
    return table.size / max(table.rows, 1)
